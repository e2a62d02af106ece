# SPDX-License-Identifier: MIT
"""Every test there is, as the sources name it: found by reading, so nothing need be built first."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

PROGRAM = re.compile(r"(?:recycler_(unit|kernel)_test|add_executable)\(\s*([\w-]+)\s([^)]*)\)")
FUZZ_TARGET = re.compile(r"^recycler_fuzz_target\((\w+)", re.MULTILINE)
CASE = re.compile(r'^TEST_CASE\(((?:\s*"(?:[^"\\]|\\.)*")+)\s*\)', re.MULTILINE)
WAY = re.compile(r"^(\S+) +(\S+) +(.*?)(?: \[not on .*)?$")

KINDS = ["unit", "kernel", "scenario", "fuzz", "script", "story", "way"]


@dataclass(frozen=True)
class Test:
    kind: str  # one of KINDS
    name: str  # a test case, a sentence, a way to die; of a whole program its own name
    program: str = ""  # the target that is built for it
    file: str = ""

    def words(self) -> str:
        return f"{self.kind} {self.program} {self.file} {self.name}"


def cases_in(text: str) -> Iterator[str]:
    """The names of doctest's cases; a long one stands there in pieces."""
    for found in CASE.finditer(text):
        pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', found[1])
        yield re.sub(r"\\(.)", r"\1", "".join(pieces))


def programs_in(cmake: str) -> Iterator[tuple[str, str, list[str]]]:
    """(kind, program, its files of tests) as one CMakeLists.txt makes them."""
    for kind, name, rest in PROGRAM.findall(cmake):
        files = [word for word in rest.split() if word.endswith("_test.cpp") and "$" not in word]
        if files:
            yield kind or name, f"{kind}_{name}" if kind else name, files


def built_tests(tree: Path) -> Iterator[Test]:
    """Those of compiled programs."""
    for cmake in sorted((tree / "tests").rglob("CMakeLists.txt")):
        text = cmake.read_text()
        for kind, program, files in programs_in(text):
            for file in files:
                source = cmake.parent / file
                for name in cases_in(source.read_text()):
                    yield Test(kind, name, program, str(source.relative_to(tree)))
        for name in FUZZ_TARGET.findall(text):
            yield Test("fuzz", name, f"fuzz_{name}", str((cmake.parent / "corpus" / name).relative_to(tree)))


def scripts(tree: Path) -> Iterator[Test]:
    """Those that are Python and ask for nothing that was built."""
    for file in sorted((tree / "tests").rglob("*_test.py")):
        if "sys.argv" not in file.read_text():
            yield Test("script", file.stem, file=str(file.relative_to(tree)))


def stories(listed: str) -> Iterator[Test]:
    """Of what tests/balancer/run --list says."""
    return (Test("story", sentence) for sentence in listed.splitlines())


def ways(listed: str) -> Iterator[Test]:
    """Of what tests/deaths/run --list says, without its heading and the proofs."""
    for line in listed.splitlines()[1:]:
        if found := WAY.match(line):
            yield Test("way", found[3])


def plain(text: str) -> str:
    return text.lower().replace("_", " ")


def holds(test: Test, pattern: str) -> bool:
    """An underscore is as good as a space; the name of a kind means that kind, and no word like it."""
    return test.kind == pattern if pattern in KINDS else plain(pattern) in plain(test.words())


def matching(tests: Iterable[Test], patterns: list[str]) -> list[Test]:
    """Those whose program, file and name hold every pattern somewhere."""
    return [test for test in tests if all(holds(test, pattern) for pattern in patterns)]


def likeness(pattern: str, text: str) -> float:
    """How much the pattern is like the likest part of the text that has as many words."""
    wanted, words = plain(pattern), plain(text).split()
    width = len(wanted.split())
    parts = [" ".join(words[at:at + width]) for at in range(max(1, len(words) - width + 1))]
    return max(difflib.SequenceMatcher(None, wanted, part).ratio() for part in parts)


def near(tests: Iterable[Test], patterns: list[str], count: int = 8) -> list[Test]:
    """Those that somebody may have meant, the likest first."""
    wanted = " ".join(patterns)
    rated = [(likeness(wanted, test.words()), test) for test in tests]
    return [test for rate, test in sorted(rated, key=lambda pair: -pair[0])[:count] if rate >= 0.6]
