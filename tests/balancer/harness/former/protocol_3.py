# SPDX-License-Identifier: MIT
"""The third version of what keeper and controller say to each other, and the second of the spawn plan, as they were: written down
here by their bytes, so that today's programs are tried against what does not change with them."""

import array
import os
import socket
import struct
from dataclasses import dataclass, field

MAGIC, PROTOCOL = 0x50454B52, 3
HEADER = struct.Struct("<IHH")
ID = "HHI"  # slot, 0, generation; of a deposit: kind, slot, serial
EXIT = "iiqqq"  # code, status, at, user and system time
MOST_DESCRIPTORS = 10

# Name: its number, and what follows the header.
MESSAGES = {
    "hello": (1, "HHI32s"),
    "established": (2, ""),
    "pong": (3, ""),
    "deposit": (4, ID + "64s"),
    "withdraw": (5, ID),
    "launch": (6, ID + "HHI"),
    "forget": (7, ID),
    "quit": (8, "iI"),
    "standing": (9, "HHIq200s"),
    "welcome": (64, "iIII32s"),
    "refused": (65, "HHI32s"),
    "replay_deposit": (66, ID + "64s"),
    "replay_worker": (67, ID + "iHHiIqq" + EXIT),
    "replay_done": (68, ""),
    "launched": (69, ID + "iIqq"),
    "launch_failed": (70, ID + "HHi"),
    "exited": (71, ID + "iI" + EXIT),
    "signal_received": (72, "iI"),
    "ping": (73, ""),
    "rejected": (74, ID + "HHi"),
}
NAMES = {number: name for name, (number, _) in MESSAGES.items()}


@dataclass
class Message:
    name: str
    fields: tuple
    fds: list[int] = field(default_factory=list)


def receive(link: socket.socket) -> Message | None:
    """The next message; None when the other side is gone. Fails when it is none of this protocol. Hello is how two versions find
    out what they can speak: its header may be of any."""
    try:
        packet, fds, _, _ = socket.recv_fds(link, 4096, MOST_DESCRIPTORS)
    except ConnectionResetError:
        return None
    if not packet:
        return None
    magic, protocol, number = HEADER.unpack_from(packet)
    name = NAMES.get(number)
    assert magic == MAGIC and name is not None and (protocol == PROTOCOL or name == "hello"), packet.hex()
    body = packet[HEADER.size:]
    layout = "<" + MESSAGES[name][1]
    assert len(body) == struct.calcsize(layout), f"{name} has {len(packet)} bytes: {packet.hex()}"
    return Message(name, struct.unpack(layout, body), list(fds))


def send(link: socket.socket, name: str, *fields, fds=()) -> None:
    number, layout = MESSAGES[name]
    packet = HEADER.pack(MAGIC, PROTOCOL, number) + struct.pack("<" + layout, *fields)
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    link.sendmsg([packet], ancillary)


@dataclass
class Plan:
    """A spawn plan of version 2, as far as a worker needs it to run."""

    programs: list[str]
    arguments: list[str]
    environment: dict[str, str]
    directory: str
    identity: tuple[int, int, list[int]] | None
    umask: int
    page_fd: int


PLAN = struct.Struct("<10IQiHH12I")
CHANGES_USER = 1


def plan_in(fd: int) -> Plan:
    raw = os.pread(fd, 1 << 20, 0)
    (magic, version, size, flags, uid, gid, umask, page_fd, _, directory, _, _, _, _, *sections) = PLAN.unpack_from(raw)
    assert (magic, version, size) == (0x4E4C5052, 2, len(raw)), f"plan {magic:#x} of version {version}, {size} of {len(raw)} bytes"

    def text(offset: int) -> str:
        return raw[offset:raw.index(b"\0", offset)].decode()

    def numbers(section: int) -> list[int]:
        offset, count = sections[2 * section:2 * section + 2]
        return list(struct.unpack_from(f"<{count}I", raw, offset))
    programs, arguments, environment = ([text(offset) for offset in numbers(section)] for section in range(3))
    return Plan(programs, arguments, dict(entry.split("=", 1) for entry in environment), text(directory),
                (uid, gid, numbers(3)) if flags & CHANGES_USER else None, umask, page_fd)


def plan_bytes(program: str, page_fd: int) -> bytes:
    """A plan that runs this program as whoever starts it."""
    texts, offset = b"", PLAN.size

    def put(content: bytes) -> int:
        nonlocal texts
        at = offset + len(texts)
        texts += content
        return at
    name, folder = put(program.encode() + b"\0"), put(b"/\0")
    one = put(struct.pack("<I", name))
    empty = (0, 0)
    sections = [*(one, 1), *(one, 1), *empty, *empty, *empty, *empty]
    size = offset + len(texts) + 1
    return PLAN.pack(0x4E4C5052, 2, size, 0, 0, 0, 0o22, page_fd, 0, folder, 0, 0, 0, 0, *sections) + texts + b"\0"
