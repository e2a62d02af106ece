# SPDX-License-Identifier: MIT
"""How large files and functions may grow before they are split by responsibility."""

import re
import unittest

import tree

HEADER_LINES = 120
SOURCE_LINES = 300
FUNCTION_LINES = 40

# What may be larger, by how many lines, and why. A row that is no longer needed is a fault too.
ALLOWED_FILES = {
    "recycler/slots/decider.hpp": (330, "the decider's states told in prose, its public face, and its private steps listed by file"),
    "policies/policy.hpp": (203, "the schema of the policy: one struct for each section, to be read in one piece"),
}
ALLOWED_FUNCTIONS = {
    # ("path", "name"): (lines, "reason")
    ("recycler/keeper/conversation.cpp", "obey"): (41, "each type of message is a case, one in a line"),
}

SCOPE = re.compile(r'^(inline )?namespace\b|^extern "C" \{')
NO_FUNCTION = re.compile(r"^(struct|class|enum|union|using|typedef|static_assert|TEST_CASE|#|//|/\*|\}|\)|public|private)")
TABLE = re.compile(r"=\s*\{$|^[^(]*\{$")
NAME = re.compile(r"(operator\S+|~?\w+)(?:<[^<>()]*>)?\s*\(")
LICENSE = "// SPDX-License-Identifier: "


def size_of(text_lines):
    """In lines, without the one that names the license."""
    return len(text_lines) - any(line.startswith(LICENSE) for line in text_lines[:1])


def functions(text_lines):
    """(first line, its name, how many lines) of each function at namespace scope, in clang-format's layout."""
    text, first, kind = "", 0, "outside"
    for number, line in enumerate(text_lines, 1):
        if kind == "outside":
            if not line or line[0].isspace() or SCOPE.match(line):
                continue
            text, first, kind = "", number, "head"
        if kind == "head":
            text += line
            if line.endswith("{"):
                kind = "other" if NO_FUNCTION.match(text) or TABLE.search(text) else "function"
            elif line.endswith((";", "}")) or text.startswith(("#", "//")):
                kind = "outside"
        elif line.startswith("}"):
            if kind == "function":
                yield first, NAME.search(text)[1], number - first + 1
            kind = "outside"


def limit_of(path):
    return HEADER_LINES if path.endswith(tree.HEADERS) else SOURCE_LINES


def faults_of(path, text_lines, allowed_files=ALLOWED_FILES):
    faults = []
    limit = allowed_files.get(path, (limit_of(path),))[0]
    if size_of(text_lines) > limit:
        faults.append(f"{path}: {size_of(text_lines)} lines, {limit} allowed")
    for number, name, count in functions(text_lines):
        limit = ALLOWED_FUNCTIONS.get((path, name), (FUNCTION_LINES,))[0]
        if count > limit:
            faults.append(f"{path}:{number}: {name}() has {count} lines, {limit} allowed")
    return faults


class Sizes(unittest.TestCase):
    def test_no_file_and_no_function_is_too_large(self):
        found = 0
        faults = []
        for path in tree.files(*tree.HEADERS, *tree.SOURCES):
            found += len(list(functions(tree.lines(path))))
            faults += faults_of(path, tree.lines(path))
        self.assertGreater(found, 50, "the check sees no functions")
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_the_list_of_exceptions_holds_no_row_that_is_not_needed(self):
        for path, (_, reason) in ALLOWED_FILES.items():
            with self.subTest(path=path):
                self.assertTrue((tree.TOP / path).is_file(), "no such file")
                self.assertGreater(size_of(tree.lines(path)), limit_of(path), "small enough by now")
                self.assertGreater(len(reason), 20, "no reason")
        for (path, name), (_, reason) in ALLOWED_FUNCTIONS.items():
            with self.subTest(path=path, name=name):
                large = [n for _, n, count in functions(tree.lines(path)) if count > FUNCTION_LINES]
                self.assertIn(name, large, "small enough by now")
                self.assertGreater(len(reason), 20, "no reason")

    def test_each_limit_can_fail(self):
        self.assertIn("301 lines", faults_of("x.cpp", ["int a;"] * 301)[0])
        self.assertIn("121 lines", faults_of("x.hpp", ["int a;"] * 121)[0])
        self.assertIn("301 lines", faults_of("x.cpp", [f"{LICENSE}MIT"] + ["int a;"] * 301)[0])
        self.assertEqual(faults_of("x.cpp", [f"{LICENSE}MIT"] + ["int a;"] * 300), [])
        self.assertEqual(faults_of("x.cpp", ["int a;"] * 301, {"x.cpp": (310, "for this test")}), [])
        for head in (["int f(int a,", "      int b) {"], ["Result<int>", "f(int a) {"], ["static int f(int a) {", "    b();"]):
            with self.subTest(head=head):
                long_one = head + ["    a();"] * 38 + ["}"]
                self.assertEqual(faults_of("x.cpp", long_one), ["x.cpp:1: f() has 41 lines, 40 allowed"])
                self.assertEqual(faults_of("x.cpp", long_one[:-2] + ["}"]), [])

    def test_a_table_a_type_and_a_test_case_are_no_functions(self):
        for opening in ("constexpr std::array k_rows{", "struct Worker {", "const Table k_table = {", 'TEST_CASE("x") {'):
            with self.subTest(opening=opening):
                self.assertEqual(faults_of("x.cpp", [opening] + ["    x,"] * 60 + ["};"]), [])
        self.assertEqual(faults_of("x.cpp", ["int f(int a) { return a; }"] + ["    x;"] * 60 + ["}"]), [])


if __name__ == "__main__":
    unittest.main()
