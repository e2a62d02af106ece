# SPDX-License-Identifier: MIT
"""File names say what is inside: words that fit everything say nothing."""

import re
import unittest

import tree

BANNED = {"manager", "helper", "util", "utils", "utility", "utilities", "common", "misc", "handler", "data"}
PLURAL = re.compile(r"s$")


def faults_of(path):
    words = set(re.split(r"[/._\-]", path.lower()))
    singular = {PLURAL.sub("", word) for word in words}
    return [f"{path}: the name says \"{word}\"" for word in sorted((words | singular) & BANNED)]


class Names(unittest.TestCase):
    def test_no_file_or_folder_has_a_name_that_says_nothing(self):
        faults = [fault for path in tree.files() if "/corpus/" not in path for fault in faults_of(path)]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_the_check_can_fail(self):
        for path in ("recycler/utils/x.cpp", "policies/slot_manager.hpp", "cgroups/handlers.cpp", "a/common.hpp"):
            with self.subTest(path=path):
                self.assertNotEqual(faults_of(path), [])

    def test_a_word_inside_another_is_another_word(self):
        self.assertEqual(faults_of("recycler/death/database_futility.hpp"), [])


if __name__ == "__main__":
    unittest.main()
