# SPDX-License-Identifier: MIT
"""Programs of another version than the tree's: those of a commit, and those of a version after ours.

Each is built once, in build/upgrade, by its own build files.
"""

import re
import subprocess
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
FOLDER = TREE / "build" / "upgrade"
PROGRAMS = ("recyclerd", "recycler-controller", "recyclerctl", "recycler-recorder")

# What makes ours the version after it: a trigger and a verdict more, each told where another one is told today, so that there is
# something to count under it. `{next}` is the number after the last one in the file.
LATER = {
    "recycler/base/trigger.hpp": [
        (r"(enum class Trigger[^{]*\{)", r"\1\n    later = {next},"),
        (r'(        return "policy";\n)', r'\1    case Trigger::later:\n        return "later";\n'),
    ],
    "recycler/triggers/table.hpp": [
        (r"(    Row\{Trigger::policy,)", r"    Row{Trigger::later, Reason::asked, k_no_rule},\n\1"),
    ],
    "recycler/slots/operator.cpp": [
        (r"set_due\(slot, Trigger::operator_\)", "set_due(slot, Trigger::later)"),
    ],
    "recycler/death/verdict.hpp": [
        (r"(enum class Verdict[^{]*\{)", r"\1\n    later = {next},"),
        (r"(    VerdictTraits\{Verdict::unknown,)", r'    VerdictTraits{Verdict::later, "later", Severity::warning},\n\1'),
    ],
    "recycler/death/explain.cpp": [
        (r"Row\{Verdict::exited, exited,", "Row{Verdict::later, exited,"),
    ],
}


class Broken(Exception):
    """A version that cannot be built."""


def _run(argv: list, what: str) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        raise Broken(f"{what}: {done.stdout[-3000:]}")


def _build(source: Path, flags: str = "") -> Path:
    """The folder of the programs."""
    build = source / "build" / "release"
    options = ["-DRECYCLER_TESTS=OFF", f"-DCMAKE_CXX_FLAGS={flags}"]
    _run(["cmake", "--preset", "release", "-S", source, "-B", build, *options], f"{source} cannot be configured")
    _run(["cmake", "--build", build, "--target", *PROGRAMS, "--", "--quiet"], f"{source} cannot be built")
    return build / "bin"


def of_commit(commit: str) -> Path:
    """Programs of a commit, in a folder that is named by it."""
    name = subprocess.run(["git", "-C", TREE, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"], stdout=subprocess.PIPE,
                          text=True).stdout.strip()
    if not name:
        raise Broken(f"git knows no commit {commit}")
    source = FOLDER / name
    if not source.exists():
        source.mkdir(parents=True)
        packed = source.with_suffix(".tar")
        _run(["git", "-C", TREE, "archive", "--output", packed, name], f"{commit} cannot be had from git")
        _run(["tar", "--extract", "--directory", source, "--file", packed], f"{packed} cannot be unpacked")
        packed.unlink()
    return _build(source)


def later() -> Path:
    """Programs of the tree as it is, and one trigger and one verdict more."""
    source = FOLDER / "later"
    listed = subprocess.run(["git", "-C", TREE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            stdout=subprocess.PIPE, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        text = (TREE / name).read_bytes() if (TREE / name).is_file() else None
        if text is not None:
            _write(source / name, _with_changes(name, text))
    # The sources that switch over verdicts and triggers need not know these.
    return _build(source, "-Wno-error=switch -Wno-error=switch-enum")


def _with_changes(name: str, text: bytes) -> bytes:
    if name not in LATER:
        return text
    changed = text.decode()
    following = max(map(int, re.findall(r"^    \w+ = (\d+),", changed, re.MULTILINE)), default=-1) + 1
    for now, then in LATER[name]:
        changed, count = re.subn(now, then.replace("{next}", str(following)), changed, count=1)
        if count == 0:
            raise Broken(f"{name} has changed: nothing in it is like {now!r}, which tests/upgrade/versions.py replaces")
    return changed.encode()


def _write(path: Path, text: bytes) -> None:
    """Only what has changed, so that only that is built again."""
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
