# SPDX-License-Identifier: MIT
"""Where guests' disks are kept from one run to the next: outside every build folder, so that a fresh clone finds them.

$RECYCLER_GUESTS, or recycler/guests in $XDG_CACHE_HOME or else in ~/.cache, has a folder for each: RELEASE-RECIPE. It is there whole
or not at all, for it is made under another name and renamed. Who uses it holds a shared lock on it; who makes the next one of that
release removes the older ones that nobody uses. What anybody else could have written is not used: it boots as root.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import time
from pathlib import Path
from typing import Callable, Iterator

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Unsafe(Exception):
    """Somebody else could have written there."""


class InUse(Exception):
    """Another run has the disk that was to be made anew."""


def place() -> Path:
    """Not by $HOME: sudo may leave a user's own there."""
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return Path(os.environ.get("RECYCLER_GUESTS") or cache / "recycler" / "guests").resolve()


def check_owner(path: Path) -> None:
    """Of the path itself, and of each folder that leads there. In a sticky one others cannot touch what is ours."""
    for part in [path, *path.parents]:
        seen = part.lstat()
        if seen.st_uid not in (0, os.geteuid()):
            raise Unsafe(f"{part} belongs to the user {seen.st_uid}")
        if seen.st_mode & WRITABLE_BY_OTHERS and not (part != path and seen.st_mode & stat.S_ISVTX):
            raise Unsafe(f"others may write to {part}")


@contextlib.contextmanager
def locked(path: Path, how: int) -> Iterator[int]:
    """A folder is locked as itself: under another name, or removed, it is still the same."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT if not path.is_dir() else os.O_RDONLY, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


def is_used(folder: Path) -> bool:
    """Asked under the release's lock, under which alone somebody begins to use one."""
    if not folder.exists():
        return False
    try:
        with locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


class Disks:
    """Those of one release, by the hash of what they are made from."""

    def __init__(self, release: str, recipe: str, kept_in: Path | None = None):
        self.release = release
        self.kept_in = kept_in or place()
        self.folder = self.kept_in / f"{release}-{recipe}"

    def age_days(self) -> float:
        return (time.time() - self.folder.stat().st_mtime) / 86400

    def _others(self) -> list[Path]:
        return [path for path in self.kept_in.glob(f"{self.release}-*") if path.is_dir() and path != self.folder]

    def _remove(self, folder: Path) -> None:
        """Under another name first, so that what was removed by half is not taken for a disk."""
        removed = self.kept_in / f"{self.release}.removed"
        shutil.rmtree(removed, ignore_errors=True)
        if folder.exists():
            folder.rename(removed)
            shutil.rmtree(removed)

    def _make(self, make: Callable[[Path], None]) -> None:
        unfinished = self.kept_in / f"{self.release}.making"
        if unfinished.exists():
            shutil.rmtree(unfinished)  # of a run that was killed: we have its lock
        unfinished.mkdir(mode=0o700)
        try:
            make(unfinished)
            for file in unfinished.iterdir():
                file.chmod(0o600)
            self._remove(self.folder)
            unfinished.rename(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        for older in self._others():
            if not is_used(older):
                self._remove(older)

    @contextlib.contextmanager
    def used(self, make: Callable[[Path], None], fresh: bool = False) -> Iterator[Path]:
        """The folder of the disk, for as long as it is used. `make` fills an empty folder where there is none yet."""
        self.kept_in.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_owner(self.kept_in)
        with contextlib.ExitStack() as use:
            with locked(self.kept_in / f"{self.release}.lock", fcntl.LOCK_EX):
                if fresh and is_used(self.folder):
                    raise InUse(f"{self.folder} is in use by another run")
                if fresh or not self.folder.exists():
                    self._make(make)
                check_owner(self.folder)
                for file in self.folder.iterdir():
                    check_owner(file)
                use.enter_context(locked(self.folder, fcntl.LOCK_SH))
            yield self.folder
