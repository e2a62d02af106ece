# SPDX-License-Identifier: MIT
"""How full a folder may grow before it is split by what a reader asks; a module is a source with its header."""

import collections
import posixpath
import re
import unittest

import tree

MODULES = 18

# What may hold more, how many, and why.
ALLOWED = {}

# The program's folder: the library that unit tests link holds every source in it but these.
OUTSIDE_OF_LIBRARIES = {"main.cpp"}
PROGRAMS = ("recycler/controller", "recycler/ctl")


def modules(paths):
    """Folder: the modules in it."""
    found = collections.defaultdict(set)
    for path in paths:
        folder, name = posixpath.split(path)
        if name != "__init__.py":
            found[folder].add(name.split(".")[0])
    return found


def faults_of(paths, allowed=ALLOWED):
    faults = []
    for folder, names in sorted(modules(paths).items()):
        most = allowed.get(folder, (MODULES,))[0]
        if len(names) > most:
            faults.append(f"{folder}: {len(names)} modules, {most} allowed")
    return faults


def in_libraries(cmake):
    """The sources that a CMakeLists.txt puts into a library."""
    names = set()
    for match in re.finditer(r"(?:add_library|target_sources)\(\s*\w+\s+(?:STATIC|PRIVATE)([^)]*)\)", cmake):
        names.update(re.findall(r"[\w/]+\.cpp", match[1]))
    return names


class Folders(unittest.TestCase):
    def test_no_folder_is_too_full(self):
        faults = faults_of(tree.files(".cpp", ".hpp", ".c", ".h", ".py"))
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_unit_tests_can_link_every_source_of_a_program(self):
        for folder in PROGRAMS:
            cmake = (tree.TOP / folder / "CMakeLists.txt").read_text(encoding="utf-8")
            sources = {path[len(folder) + 1:] for path in tree.files(".cpp") if path.startswith(folder + "/")}
            self.assertGreater(len(sources), 5, "the check looks in the wrong place")
            with self.subTest(folder=folder):
                self.assertEqual(sources - in_libraries(cmake), OUTSIDE_OF_LIBRARIES)

    def test_each_rule_can_fail(self):
        full = [f"recycler/x/m{number}.{ending}" for number in range(MODULES + 1) for ending in ("cpp", "hpp")]
        self.assertEqual(faults_of(full), [f"recycler/x: {MODULES + 1} modules, {MODULES} allowed"])
        self.assertEqual(faults_of(full[:-2]), [])
        self.assertEqual(faults_of(full, {"recycler/x": (MODULES + 1, "a reason")}), [])
        self.assertEqual(in_libraries("add_library(a STATIC\n  b.cpp\n  c/d.cpp)\nadd_executable(e main.cpp)"), {"b.cpp", "c/d.cpp"})


if __name__ == "__main__":
    unittest.main()
