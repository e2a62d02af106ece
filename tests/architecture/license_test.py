# SPDX-License-Identifier: MIT
"""Each source names its license in the first line that may hold a comment, so that a copy of it says whose it is."""

import unittest

import tree

MARKS = {(".cpp", ".hpp", ".c", ".h"): "//", (".py", "CMakeLists.txt"): "#"}


def is_named(path):
    mark = next(mark for endings, mark in MARKS.items() if path.endswith(endings))
    first = [line for line in tree.lines(path)[:2] if not line.startswith("#!")]
    return bool(first) and first[0] == f"{mark} SPDX-License-Identifier: MIT"


class License(unittest.TestCase):
    def test_each_source_names_it(self):
        sources = tree.files(*(ending for endings in MARKS for ending in endings))
        nameless = [path for path in sources if "/corpus/" not in path and not is_named(path)]
        self.assertEqual(nameless, [], "\n" + "\n".join(nameless))


if __name__ == "__main__":
    unittest.main()
