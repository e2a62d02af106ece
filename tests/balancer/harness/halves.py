# SPDX-License-Identifier: MIT
"""Two halves of the stories at once, each in a network of its own: most of a story is waiting. Where this machine does not give
one, the halves are told one after another."""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import traceback
from dataclasses import asdict

from harness import machine
from harness.stories import Story, Told, tell_all

CLONE_NEWNET = 0x40000000  # unshare(2)
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # netdevice(7)


def tell_in_halves(stories: list[Story], waiting: list[Story]) -> Told:
    """Those that wait are told beside the first half."""
    middle = len(stories) // 2
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(read)
        _second_half(stories[middle:], write)
    os.close(write)
    machine.keep_to_half_of_ports(0)
    first = tell_all(stories[:middle], waiting)
    with os.fdopen(read) as results:
        text = results.read()
    _, status = os.waitpid(child, 0)
    if text == "":  # no network of its own, or it has ended amid a story
        return first + (tell_all(stories[middle:]) if status == 0 else Told(["the second half of all stories"], 0, 0))
    return first + Told(**json.loads(text))


def _second_half(stories: list[Story], write: int) -> None:
    """Ends the process: with status 0 and nothing written if it has told nothing."""
    status = 1
    try:
        if _own_network():
            machine.keep_to_half_of_ports(1)
            told = tell_all(stories)
            os.write(write, json.dumps(asdict(told)).encode())
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _own_network() -> bool:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True
