# SPDX-License-Identifier: MIT
"""The source files of the tree, as the checks see them: paths relative to its top, with their lines."""

import os
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("recycler", "policies", "cgroups", "systemd", "tests", "man")
HEADERS = (".hpp", ".h")
SOURCES = (".cpp", ".c")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(*endings):
    """Every file below FOLDERS whose name has one of these endings (all of them when none is given)."""
    for folder in FOLDERS:
        for where, folders, names in os.walk(TOP / folder):
            folders[:] = [name for name in sorted(folders) if name != "__pycache__"]
            for name in sorted(names):
                if not endings or name.endswith(endings):
                    yield (pathlib.Path(where) / name).relative_to(TOP).as_posix()


def lines(path):
    return (TOP / path).read_text(encoding="utf-8", errors="replace").splitlines()


def includes(text_lines):
    """(line number, is it "...", what is included) for each #include."""
    for number, line in enumerate(text_lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1] == '"', match[2]
