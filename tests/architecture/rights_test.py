# SPDX-License-Identifier: MIT
"""Each capability that a process of ours keeps has its reason in docs/security.md, and the unit grants it."""

import re
import unittest

import tree

CAPABILITY = re.compile(r"\bCAP_[A-Z_]+\b")
NEEDS = "recycler/controller/rights/needs.cpp"
UNIT = "systemd/units/recycler@.service"
PAGE = "docs/security.md"


def text_of(path):
    return (tree.TOP / path).read_text(encoding="utf-8")


def kept_by_controllers():
    return set(re.findall(r"Reason\{(CAP_[A-Z_]+)", text_of(NEEDS)))


class Rights(unittest.TestCase):
    def test_the_page_lists_what_controllers_keep_and_nothing_else(self):
        rows = set(re.findall(r"^\| (CAP_[A-Z_]+) \|", text_of(PAGE), re.MULTILINE))
        self.assertTrue(rows)
        self.assertEqual(rows, kept_by_controllers())

    def test_the_unit_grants_what_is_kept(self):
        lines = re.findall(r"^CapabilityBoundingSet=(.*)$", text_of(UNIT), re.MULTILINE)
        granted = set(CAPABILITY.findall(" ".join(lines)))
        self.assertEqual(kept_by_controllers() - granted, set())


if __name__ == "__main__":
    unittest.main()
