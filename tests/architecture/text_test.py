# SPDX-License-Identifier: MIT
"""How numbers, sizes, spans, lists, UTF-8 and escapes are written and read has one home, recycler/base/text."""

import re
import unittest

import tree

HOME = "recycler/base/text/"
PRODUCT = ("recycler/", "policies/", "cgroups/", "systemd/")

# What is written by hand elsewhere: how it looks, and what to use.
BY_HAND = {
    "a list": (re.compile(r'empty\(\) \? "" : "[,;] "\)'), "joined() or add_to() of join.hpp"),
    "a plural": (re.compile(r'== 1 \? " (\w+)" : " \1s"'), "counted() or counted_plain() of plural.hpp"),
    "decimals": (re.compile(r'"%\.\d?\*?f'), "fixed() of decimals.hpp"),
    "units of a size": (re.compile(r'" ?[KMG]iB", *" ?[MGT]iB"'), "sizes.hpp"),
    "bytes of UTF-8": (re.compile(r"& ?0xc0\) [=!]= 0x80"), "continues_character() of utf8.hpp"),
    "an escape": (re.compile(r'"\\\\[xu]%0\dx"'), "escape.hpp"),
    "a number read": (re.compile(r"std::from_chars\(|std::isdigit\("), "number_in() or take_number() of numbers.hpp"),
    "a digit": (re.compile(r">= '0' && \w+ <= '9'"), "is_digit() of characters.hpp"),
    "what cannot be shown": (re.compile(r"< ' ' \|\| \S+ > '~'"), "shown() of characters.hpp"),
    "blanks cut off": (re.compile(r"substr\(\w+, \w+\.find_last_not_of\((?!')"), "trimmed() of split.hpp"),
}

# Where it must stand by hand, and why.
ALLOWED = {
    "policies/seccomp/read.cpp": "two numbers with a dot between them, in place",
    "cgroups/parse.cpp": "a number with a fraction, and octal escapes of the kernel, which nobody else reads",
}


def faults_of(path, text_lines):
    if not path.startswith(PRODUCT) or path.startswith(HOME) or path in ALLOWED:
        return []
    return [f"{path}:{number}: {what} by hand: there is {use}"
            for number, line in enumerate(text_lines, 1)
            for what, (pattern, use) in BY_HAND.items() if pattern.search(line)]


class Text(unittest.TestCase):
    def test_text_is_made_and_read_at_home(self):
        paths = list(tree.files(*tree.HEADERS, *tree.SOURCES))
        faults = [fault for path in paths for fault in faults_of(path, tree.lines(path))]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_each_rule_can_fail(self):
        lines = (
            'all += (all.empty() ? "" : ", ") + word;',
            'text += count == 1 ? " worker" : " workers";',
            'std::snprintf(text, sizeof text, "%.1f s", value);',
            'constexpr std::array units{" B", " KiB", " MiB", " GiB"};',
            "return (byte & 0xc0) == 0x80;",
            'std::snprintf(text, sizeof text, "\\\\x%02x", byte);',
            "std::from_chars(text.data(), end, number);",
            "return c >= '0' && c <= '9';",
            "*c = *c < ' ' || *c > '~' ? '?' : *c;",
            "return text.substr(first, text.find_last_not_of(blanks) + 1);",
        )
        self.assertEqual(len(lines), len(BY_HAND))
        for line, what in zip(lines, BY_HAND):
            with self.subTest(what=what):
                self.assertRegex("".join(faults_of("recycler/x.cpp", [line])), what)

    def test_its_home_and_tests_may(self):
        for path in (HOME + "x.cpp", "tests/unit/x.cpp"):
            self.assertEqual(faults_of(path, ["return c >= '0' && c <= '9';"]), [])


if __name__ == "__main__":
    unittest.main()
