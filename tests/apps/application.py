# SPDX-License-Identifier: MIT
"""What one application is: its Debian packages, how it is made ready in a folder, and what it is asked."""

import os
import pwd
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from harness import machine

USER = "www-data"


@dataclass(frozen=True)
class Question:
    """One request, and what is a right answer to it. "{n}" stands for a nonce, everywhere."""

    path: str
    holds: str  # in the body; "" where `picture` says it all
    least: int  # bytes
    ends: str = ""  # the last word of the body, but for white space
    weight: int = 1
    picture: bool = False  # a PNG; "{w}" and "{h}" in the path are its size, another one for each nonce

    def size(self, nonce: int) -> tuple[int, int]:
        return 300 + nonce % 97, 200 + nonce % 89

    def uri(self, nonce: int) -> str:
        width, height = self.size(nonce)
        return self.path.replace("{n}", word(nonce)).replace("{w}", str(width)).replace("{h}", str(height))

    def fault(self, nonce: int, status: int, body: bytes) -> str | None:
        """What is wrong with the answer; None: nothing."""
        if status != 200:
            return f"status {status}"
        if len(body) < self.least:
            return f"{len(body)} bytes"
        if self.picture and body[:24] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", *self.size(nonce)):
            return "not the picture that was asked for"
        if self.holds.replace("{n}", word(nonce)).encode() not in body:
            return "another answer"
        return None if body.rstrip().endswith(self.ends.encode()) else "no end"


def word(nonce: int) -> str:
    return f"Nonce{nonce}x"  # MediaWiki has a capital letter in front of each title


@dataclass(frozen=True)
class Prepared:
    """An application that is ready to be run."""

    policy: dict  # laid over the test's: command, directory, environment, limits
    web: str = ""  # nginx's settings beside fastcgi_params
    sign_in: Callable[[int], dict[str, str]] | None = None  # with the web server's port: headers for all that is asked then
    signed_in_by: int = 0  # how many requests sign_in() is


@dataclass(frozen=True)
class Application:
    name: str
    packages: list[str]
    prepare: Callable[[Path], Prepared]  # in an empty folder that belongs to USER
    questions: list[Question]
    answers: list[str] = field(default_factory=list)  # lines for debconf-set-selections
    processes: int = 1  # that answer in one worker
    crashes_at_its_end: bool = False  # by itself, when it is told to end and has nothing to answer any more


class Broken(Exception):
    """The application cannot be had or made ready here; a sentence."""


def install(application: Application) -> None:
    """The packages that are not there yet, with their questions answered."""
    missing = [name for name in application.packages if not _installed(name)]
    if not missing:
        return
    _run(["debconf-set-selections"], 60, input="".join(f"{line}\n" for line in application.answers))
    _run([machine.TREE / "tests" / "install", "--packages", *missing], 3600)
    still = [name for name in missing if not _installed(name)]
    if still:
        raise Broken(f"these packages cannot be had here: {', '.join(still)}")


def _installed(package: str) -> bool:
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True)
    return asked.stdout.endswith(" installed")


def as_user(argv, folder: Path, environment: dict[str, str], seconds: float = 900) -> None:
    """Runs a program of the application's as USER in `folder`, with nothing of our environment; Broken if it fails."""
    _run(argv, seconds, cwd=folder, user=USER, group=USER, extra_groups=[], env={"PATH": os.environ["PATH"], **environment})


def _run(argv, seconds: float, **options) -> None:
    words = [str(each) for each in argv]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Broken(f"{words[0]}: {error}") from error
    if done.returncode != 0:
        raise Broken(f"{' '.join(words)} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-1500:]}")


def give(folder: Path) -> None:
    """The folder and all in it to USER."""
    owner = pwd.getpwnam(USER)
    for place, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(place, name), owner.pw_uid, owner.pw_gid, follow_symlinks=False)
