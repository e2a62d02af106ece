# SPDX-License-Identifier: MIT
"""The kernel's count of a worker's memory, read from its cgroup as fast as one can."""

import os
from pathlib import Path

from harness import machine

class Bloat:
    """What the kernel cannot take back: usage without page cache. Keeps its descriptors open: 1 ms polls shall cost little."""

    def __init__(self, cgroup: str):
        directory = memory_directory(cgroup)
        v1 = machine.memory_controller() == "v1"
        self._usage = os.open(directory / ("memory.usage_in_bytes" if v1 else "memory.current"), os.O_RDONLY)
        self._stat = os.open(directory / "memory.stat", os.O_RDONLY)
        self._cache_name = b"total_cache" if v1 else b"file"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._usage)
        os.close(self._stat)

    def read(self) -> int:
        usage = int(os.pread(self._usage, 64, 0))
        stat = os.pread(self._stat, 8192, 0)
        cache = next(int(line.split()[1]) for line in stat.splitlines() if line.split()[0] == self._cache_name)
        return usage - cache


def cgroups_of(app: str) -> list[str]:
    """Every cgroup of that app, in any hierarchy."""
    return [folder for folder, _, _ in os.walk("/sys/fs/cgroup") if os.path.basename(folder) == f"recycler-{app}"]


def memory_directory(cgroup: str) -> Path:
    """The directory of a worker's memory cgroup, however status names it: absolute, or below the hierarchy."""
    if cgroup.startswith("/sys/fs/cgroup"):
        return Path(cgroup)
    root = Path("/sys/fs/cgroup/memory" if machine.memory_controller() == "v1" else "/sys/fs/cgroup")
    return root / cgroup.lstrip("/")
