# SPDX-License-Identifier: MIT
"""Who may include whom: a folder sees only what stands below it, and each third-party library has one home."""

import os
import re
import unittest

import tree

# Folder: the folders it may include, besides itself. The order is that of the layers, from the ground up.
MAY_INCLUDE = {
    "recycler/base": (),
    "recycler/confine": ("recycler/base",),
    "policies": ("recycler/base",),
    "recycler/death": ("recycler/base",),
    "recycler/request": ("recycler/base",),
    "recycler/triggers": ("recycler/base", "policies"),
    "recycler/slots": ("recycler/base", "policies", "recycler/triggers"),
    "recycler/lint": ("recycler/base", "policies"),
    "cgroups": ("recycler/base",),
    "systemd": ("recycler/base",),
    "recycler/recorder": ("recycler/base", "recycler/request"),
    "recycler/worker": ("recycler/base", "policies", "cgroups", "recycler/request"),
    "recycler/keeper": ("recycler/base", "recycler/request", "recycler/worker"),
    "recycler/control": ("recycler/base", "systemd"),
    "recycler/explain": ("recycler/base", "recycler/control"),
    "recycler/blame": ("recycler/base", "recycler/request", "recycler/control"),
    "recycler/events": ("recycler/base", "recycler/confine", "policies", "recycler/death", "recycler/worker", "recycler/keeper",
                        "recycler/control", "systemd"),
    "recycler/controller": (
        "recycler/base", "recycler/confine", "policies", "recycler/triggers", "recycler/slots", "recycler/death", "recycler/request",
        "recycler/worker",
        "recycler/recorder", "recycler/keeper", "recycler/control", "recycler/blame", "recycler/events", "cgroups", "systemd",
    ),
    "recycler/ctl": ("recycler/base", "policies", "systemd", "recycler/death", "recycler/lint", "recycler/worker",
                     "recycler/control", "recycler/explain"),
}

# The pure core: no header of the operating system either, except those that hold constants and plain numbers.
PURE = ("policies", "recycler/triggers", "recycler/slots", "recycler/death", "recycler/lint", "recycler/request", "recycler/explain",
        "recycler/blame")
IMPURE_HEADERS = re.compile(
    r"^(unistd\.h|fcntl\.h|poll\.h|pthread\.h|time\.h|ctime|fstream|iostream|thread|mutex|filesystem|random"
    r"|sys/(socket|stat|mman|time|wait|epoll|inotify|eventfd|syscall|ioctl)\.h)$")

# Library: how its headers are called, and where they may be included.
HOMES = {
    "libsystemd": (re.compile(r"^systemd/sd-"), ("systemd",)),
    "libcgroup": (re.compile(r"^libcgroup"), ("cgroups",)),
    "libseccomp": (re.compile(r"^seccomp\.h$"), ("recycler/confine", "recycler/worker")),
    "toml++": (re.compile(r"^toml(\+\+|\.hpp)"), ("policies",)),
    "nlohmann-json": (re.compile(r"^nlohmann/"), ("recycler/control", "policies")),
    "CLI11": (re.compile(r"^CLI/"), ("recycler/ctl", "recycler/controller")),
    "spdlog": (re.compile(r"^(spdlog|fmt)/"), ("recycler/events",)),
    "doctest": (re.compile(r"^doctest"), ("tests",)),
}


def folder_of(path):
    """The layer a file belongs to: "recycler/death" or "policies"; subfolders belong to their layer."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "recycler" else parts[0]


def project_faults(path, number, included):
    folder, target = folder_of(path), folder_of(included)
    where = f"{path}:{number}"
    if folder == "tests" and ((tree.TOP / path).parent / included).is_file():
        return []  # beside itself: a small program in several files
    if "/" not in included or not os.path.isfile(tree.TOP / included):
        return [f'{where}: "{included}" is no path from the top of the tree']
    if folder == "tests" or target == folder:
        return []
    if target == "tests":
        return [f"{where}: a test's file in the product: {included}"]
    if folder not in MAY_INCLUDE:
        return [f"{where}: the folder {folder} is not in the table of layers"]
    if target not in MAY_INCLUDE[folder]:
        return [f"{where}: {folder} may not include {target} ({included})"]
    return []


def system_faults(path, number, included):
    folder = folder_of(path)
    where = f"{path}:{number}"
    faults = []
    if folder in PURE and IMPURE_HEADERS.match(included):
        faults.append(f"{where}: <{included}> in a folder that is pure")
    for library, (pattern, homes) in HOMES.items():
        if pattern.match(included) and folder not in homes and folder != "tests":
            faults.append(f"{where}: {library} (<{included}>) lives in {' and '.join(homes)} only")
    return faults


def faults_of(path, text_lines):
    faults = []
    for number, ours, included in tree.includes(text_lines):
        faults += (project_faults if ours else system_faults)(path, number, included)
    return faults


class Includes(unittest.TestCase):
    def test_every_include_goes_down_and_every_library_stays_at_home(self):
        paths = list(tree.files(*tree.HEADERS, *tree.SOURCES))
        self.assertGreater(len(paths), 10, "the check looks in the wrong place")
        faults = [fault for path in paths for fault in faults_of(path, tree.lines(path))]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_the_table_itself_has_no_circle(self):
        ground = set()
        while len(ground) < len(MAY_INCLUDE):
            firm = {folder for folder, below in MAY_INCLUDE.items() if set(below) <= ground}
            self.assertGreater(len(firm), len(ground), f"a circle among {set(MAY_INCLUDE) - ground}")
            ground = firm

    def test_each_rule_can_fail(self):
        for path, line, expected in (
            ("policies/x.cpp", '#include "recycler/death/verdict.hpp"', "may not include recycler/death"),
            ("recycler/base/x.hpp", '#include "policies/policy.hpp"', "may not include policies"),
            ("recycler/elsewhere/x.cpp", '#include "policies/policy.hpp"', "not in the table"),
            ("recycler/death/x.cpp", '#include "verdict.hpp"', "no path from the top"),
            ("recycler/death/x.cpp", '#include "tests/unit/death/worked_evidence.hpp"', "test's file"),
            ("recycler/slots/x.cpp", "#include <unistd.h>", "that is pure"),
            ("recycler/keeper/x.cpp", "#include <spdlog/spdlog.h>", "spdlog (<spdlog/spdlog.h>) lives in"),
            ("recycler/controller/x.cpp", "#  include <systemd/sd-bus.h>", "libsystemd"),
            ("recycler/death/x.cpp", "#include <doctest/doctest.h>", "doctest"),
        ):
            with self.subTest(line=line):
                self.assertIn(expected, "\n".join(faults_of(path, [line])))

    def test_what_is_allowed_passes(self):
        for path, line in (
            ("recycler/death/x.cpp", '#include "recycler/death/verdict.hpp"'),
            ("recycler/death/x.cpp", '#include "recycler/base/units.hpp"'),
            ("tests/unit/death/x.cpp", '#include "policies/policy.hpp"'),
            ("systemd/x.cpp", "#include <systemd/sd-event.h>"),
            ("policies/parsing/x.cpp", "#include <toml++/toml.h>"),
        ):
            with self.subTest(line=line):
                self.assertEqual(faults_of(path, [line]), [])


if __name__ == "__main__":
    unittest.main()
