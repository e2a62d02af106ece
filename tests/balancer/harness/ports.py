# SPDX-License-Identifier: MIT
"""Who listens on a TCP port: the kernel's table of sockets, joined with the descriptors of the processes we may look into."""

import contextlib
import itertools
import os

from harness.processes import name_of

LISTEN = "0A"


def _inodes(port: int) -> set[str]:
    """The listening sockets of that port, on any address."""
    found = set()
    for table in ["/proc/net/tcp", "/proc/net/tcp6"]:
        with contextlib.suppress(FileNotFoundError), open(table) as rows:
            next(rows)
            # Those that listen stand first; behind them may be tens of thousands that wait for their end.
            for row in itertools.takewhile(lambda row: row[3] == LISTEN, map(str.split, rows)):
                if int(row[1].rpartition(":")[2], 16) == port:
                    found.add(row[9])
    return found


def is_listened_on(port: int) -> bool:
    """Without a connect: some FastCGI libraries die of a connection on which nothing comes."""
    return bool(_inodes(port))


def connects_tried_again() -> int:
    """How often this machine's kernel has sent a SYN, or its answer, again since it came up: a connect was dropped."""
    names, values = [line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:")]
    return int(values[names.index("TCPSynRetrans")])


def _holds(pid: int, sockets: set[str]) -> bool:
    try:
        return any(os.readlink(entry) in sockets for entry in os.scandir(f"/proc/{pid}/fd"))
    except OSError:  # gone meanwhile, or somebody else's
        return False


def listener_in_words(port: int) -> str:
    """"ruby (pid 4711)", or "somebody" where it cannot be seen. A socket that is handed down belongs to several; the first."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for pid in sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        if sockets and _holds(pid, sockets):
            return f"{name_of(pid)} (pid {pid})"
    return "somebody"
