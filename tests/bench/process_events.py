# SPDX-License-Identifier: MIT
"""The kernel's own times of forks, execs and exits, by the process connector; nothing is polled, nobody is disturbed."""

import os
import select
import socket
import struct
import time
from dataclasses import dataclass

from harness.machine import Skip

NETLINK_CONNECTOR = 11
CN_IDX_PROC = CN_VAL_PROC = 1
PROC_CN_MCAST_LISTEN = 1
NLMSG_DONE = 3
HEADERS = 16 + 20  # struct nlmsghdr, struct cn_msg
FORK, EXEC, EXIT = 0x1, 0x2, 0x80000000


@dataclass(frozen=True)
class Event:
    what: int
    at: float  # seconds, CLOCK_MONOTONIC
    process: int
    child: int  # of a fork


class ProcessEvents:
    """Use as a context manager: hears from then on."""

    def __enter__(self):
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
            self._socket.bind((0, CN_IDX_PROC))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            listen = struct.pack("=IIIIHHI", CN_IDX_PROC, CN_VAL_PROC, 0, 0, 4, 0, PROC_CN_MCAST_LISTEN)
            self._socket.send(struct.pack("=IHHII", 16 + len(listen), NLMSG_DONE, 0, 0, os.getpid()) + listen)
        except OSError as error:
            raise Skip(f"the kernel does not tell of processes here: {error.strerror}") from error
        return self

    def __exit__(self, *_):
        self._socket.close()

    def wait(self, wanted, seconds: float) -> Event:
        """The next event for which wanted(event) holds; those before it are forgotten."""
        deadline = time.monotonic() + seconds
        while select.select([self._socket], [], [], max(0, deadline - time.monotonic()))[0]:
            event = _read(self._socket.recv(4096))
            if wanted(event):
                return event
        raise TimeoutError("the kernel told of no such event")


def _read(message: bytes) -> Event:
    what, _, nanoseconds = struct.unpack_from("=IIQ", message, HEADERS)
    first, second, third, fourth = struct.unpack_from("=4i", message.ljust(HEADERS + 32, b"\0"), HEADERS + 16)
    # A fork names thread and process of the parent, then of the child; the others thread and process.
    return Event(what, nanoseconds / 1e9, second, fourth if what == FORK and third == fourth else 0)
