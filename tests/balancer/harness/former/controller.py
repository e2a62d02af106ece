#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A controller as it was when it spoke protocol 3 and nothing else: started by today's keeper, it gives it something to hold, has a
program run, and writes down in the file FORMER_CONTROLLER_LOG what it was told, a line each. A second one finds what the first has
left, and its launch of the same worker is rejected."""

import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.former import protocol_3

LOG = Path(os.environ["FORMER_CONTROLLER_LOG"])
KEY = (6, 0, 77)  # of a deposit: other, 0, 77
WORKER = (3, 0, 1)  # slot 3, generation 1
RING_SIZE, RING_HEADER = 65536, 64


def memfd(name: str, content: bytes, seals: int) -> int:
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def launch(link: socket.socket) -> None:
    whole = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    plan = memfd("plan", protocol_3.plan_bytes("/bin/true", 1023), whole)
    header = struct.pack("<IIQQQQ24x", 0x474E4952, 1, RING_SIZE - RING_HEADER, 0, 0, 0)
    ring = memfd("ring", header.ljust(RING_SIZE, b"\0"), fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    page = memfd("page", b"", fcntl.F_SEAL_SEAL)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        protocol_3.send(link, "launch", *WORKER, 0, 0, 0, fds=[plan, listener.fileno(), page, ring])


def main() -> None:
    link = socket.socket(fileno=int(os.environ["RECYCLER_KEEPER"]))
    protocol_3.send(link, "hello", protocol_3.PROTOCOL, protocol_3.PROTOCOL, 0, b"former")
    with open(LOG, "a", buffering=1) as log:
        while message := protocol_3.receive(link):
            fields = " ".join(value.rstrip(b"\0").decode() if isinstance(value, bytes) else str(value) for value in message.fields)
            print(message.name, fields, f"+{len(message.fds)}", file=log)
            if message.name == "replay_done":
                protocol_3.send(link, "established")
                protocol_3.send(link, "deposit", *KEY, b"kept", fds=[link.fileno()])
                launch(link)
            elif message.name == "ping":
                protocol_3.send(link, "pong")
            elif message.name == "signal_received":
                protocol_3.send(link, "quit", 0, 0)


main()
