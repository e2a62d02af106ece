# SPDX-License-Identifier: MIT
"""The guest's own tools, asked as a person asks them: systemctl, journalctl, dpkg, the files of cgroups."""

import json
import subprocess
from pathlib import Path

PACKAGE = "/srv/packages/recycler.deb"
NEXT_PACKAGE = "/srv/packages/recycler-next.deb"
CGROUPS = Path("/sys/fs/cgroup")
PATIENCE_S = 120  # for one event on an emulated processor


class Refused(Exception):
    """A command did not exit 0."""


def run(*command, seconds: float = PATIENCE_S) -> str:
    """Its output; Refused with all it said if it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", timeout=seconds)
    if done.returncode != 0:
        raise Refused(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def systemctl(*words, seconds: float = PATIENCE_S) -> str:
    return run("systemctl", *words, seconds=seconds)


def unit(name: str, *properties: str) -> dict[str, str]:
    """Some properties of a unit, as systemctl show tells them."""
    lines = systemctl("show", name, "--property", ",".join(properties)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def install_package(file: str = PACKAGE) -> None:
    run("dpkg", "--install", "--force-confold", file)


def need_package() -> None:
    """Installs it unless an earlier story did."""
    if subprocess.run(["dpkg-query", "--status", "recycler"], capture_output=True).returncode != 0:
        install_package()


def journal_cursor() -> str:
    """Where the journal ends now."""
    return run("journalctl", "--quiet", "--lines", "0", "--show-cursor").rpartition("-- cursor: ")[2].strip()


def journal(*matches: str, after: str | None = None) -> list[dict]:
    """Entries with all their fields, oldest first."""
    since = ["--after-cursor", after] if after else []
    said = run("journalctl", "--quiet", "--all", "--output", "json", *since, *matches)
    return [json.loads(line) for line in said.splitlines()]


def processes_in(cgroup: Path) -> list[int]:
    """Of the group and of all below it."""
    return [int(line) for file in cgroup.rglob("cgroup.procs") for line in file.read_text().split()]
