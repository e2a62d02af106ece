# SPDX-License-Identifier: MIT
"""Sources of one part of the tree can be compiled as one unit (cmake/units.cmake), however they are dealt out: what stands in their
unnamed namespaces is named once."""

import re
import unittest
from collections import defaultdict

import tree

# Each source is a program of its own there, or a part of one that is compiled as foreign programs are.
BY_THEMSELVES = ("tests/fuzz", "tests/workers", "recycler/recorder")

TYPE = re.compile(r"(?:struct|class|enum class|enum|union) (\w+)")
ALIAS = re.compile(r"(?:using|namespace) (\w+) = (.*)")
CONSTANT = re.compile(r"(?:static )?(?:inline )?const(?:expr)? [^=({]*?[\s*&>](k_\w+)")
FUNCTION = re.compile(r"(?:.*[\s*&>])?([a-z]\w*)\((.*?)\)(?: (?:const|noexcept))* [{]?$")
NO_DECLARATION = ("}", ")", "//", "#", "template", "TEST_CASE", "public", "private")


def parameters(text):
    """The types alone: no names, no defaults."""
    depth, parts = 0, [""]
    for byte in text:
        depth += (byte in "<({") - (byte in ">)}")
        if byte == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += byte
    without_default = (part.split("=")[0].strip() for part in parts)
    return tuple(re.sub(r"(?<=[\s*&])\w+$", "", part).strip() for part in without_default)


def names_in(text_lines):
    """What the unnamed namespaces declare, so that two of the same would clash in one unit."""
    inside, head = False, ""
    for line in text_lines:
        if line == "namespace {":
            inside = True
        elif line.startswith("} // namespace"):
            inside = False
        elif inside and (head or (line and not line[0].isspace() and not line.startswith(NO_DECLARATION))):
            head = f"{head} {line.strip()}" if head else line
            if not line.endswith((";", "{", "}")) and "=" not in line:
                continue
            if match := ALIAS.match(head):
                yield match[1], match[2]
            elif match := TYPE.match(head) or CONSTANT.match(head):
                yield match[1], None
            elif head.endswith("{") and (match := FUNCTION.match(head)):
                yield match[1], parameters(match[2])
            head = ""


def part_of(path):
    """recycler/slots, tests/unit/slots: with all folders in it. Elsewhere the folder."""
    match = re.match(r"(recycler/[^/]+|tests/[^/]+/[^/]+)/", path)
    return match[1] if match else path.rpartition("/")[0]


def faults_of(sources):
    """`sources`: the lines of each path."""
    seen = defaultdict(lambda: defaultdict(dict))
    for path, text_lines in sources:
        for name, meaning in names_in(text_lines):
            seen[part_of(path)][name].setdefault(path, set()).add(meaning)
    faults = []
    for folder, names in sorted(seen.items()):
        for name, paths in names.items():
            told = list(paths.items())
            for index, (path, meanings) in enumerate(told):
                for earlier, others in told[:index]:
                    functions = {meaning for meaning in meanings & others if isinstance(meaning, tuple)}
                    same_alias = meanings == others and all(isinstance(meaning, str) for meaning in meanings)
                    overloads = all(isinstance(meaning, tuple) for meaning in meanings | others) and not functions
                    if not same_alias and not overloads:
                        faults.append(f"{path}: {name} is in {earlier} too")
    return faults


class Units(unittest.TestCase):
    def test_sources_of_a_folder_do_not_clash(self):
        sources = [(path, tree.lines(path)) for path in tree.files(".cpp") if not path.startswith(BY_THEMSELVES)]
        self.assertGreater(sum(len(list(names_in(text_lines))) for _, text_lines in sources), 500, "the check sees no names")
        faults = faults_of(sources)
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_each_kind_of_name_can_clash(self):
        for declaration, other in (
            ("struct Row {", "struct Row {"),
            ("using Row = int;", "using Row = long;"),
            ("constexpr std::size_t k_gap = 2;", "const int k_gap = 3;"),
            ("int width(int of) {", "int width(int a) {"),
            ("Place place_of(const std::map<int, int>& a,", "Place place_of(const std::map<int, int>& b,"),
        ):
            with self.subTest(declaration=declaration):
                ends = ["               int b) {"] if declaration.endswith(",") else []
                sources = [(f"a/{name}.cpp", ["namespace {", line, *ends, "} // namespace"])
                           for name, line in (("x", declaration), ("y", other))]
                self.assertEqual(len(faults_of(sources)), 1)

    def test_overloads_equal_aliases_and_other_folders_do_not_clash(self):
        for first, declaration, second, other in (
            ("a/x.cpp", "int width(int of) {", "a/y.cpp", "int width(long of) {"),
            ("a/x.cpp", "using Lines = std::vector<int>;", "a/y.cpp", "using Lines = std::vector<int>;"),
            ("a/x.cpp", "struct Row {", "b/x.cpp", "struct Row {"),
        ):
            with self.subTest(declaration=declaration):
                sources = [(path, ["namespace {", line, "} // namespace"])
                           for path, line in ((first, declaration), (second, other))]
                self.assertEqual(faults_of(sources), [])


if __name__ == "__main__":
    unittest.main()
