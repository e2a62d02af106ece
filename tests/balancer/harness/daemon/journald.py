# SPDX-License-Identifier: MIT
"""A real systemd-journald without systemd: in a mount namespace of its own, with a /run of its own, that programs can be
started in with their stderr connected to it, as systemd does for a unit."""

import json
import subprocess
import sys
from pathlib import Path

from harness import machine
from harness.processes import wait_until
from harness.stage import Stage

JOURNALD = Path("/lib/systemd/systemd-journald")

# Nothing of this machine's kernel in it, and nothing of it on this machine's disk.
ROOM = f"""
mount --make-rprivate / && mount -t tmpfs tmpfs /run || exit 1
mkdir -p /run/systemd/journald.conf.d /run/systemd/journal /run/log/journal
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=no\\nRateLimitBurst=0\\n' > /run/systemd/journald.conf.d/story.conf
exec {JOURNALD}
"""

# What systemd does for StandardError=journal: the stream's head (identifier, unit, priority, <N> prefixes count, forward to
# nobody), then $JOURNAL_STREAM.
CONNECTED = """
import os, socket, sys
stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
stream.connect("/run/systemd/journal/stdout")
stream.sendall(b"recyclerd\\nrecycler@story.service\\n6\\n1\\n0\\n0\\n0\\n")
there = os.fstat(stream.fileno())
os.environ["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino}"
os.dup2(stream.fileno(), 1)
os.dup2(stream.fileno(), 2)
os.execv(sys.argv[1], sys.argv[1:])
"""


def need_journald() -> None:
    machine.need_root()
    if not JOURNALD.exists():
        raise machine.Skip("no systemd-journald is installed")


class Journald:
    def __init__(self, stage: Stage):
        need_journald()
        self.process = stage.start(["unshare", "--mount", "sh", "-c", ROOM], "journald")
        inside = Path(f"/proc/{self.process.pid}/root/run/systemd/journal/stdout")
        try:
            wait_until(inside.exists, 10, "journald listens")
        except TimeoutError as error:
            raise machine.Skip(f"journald cannot be had here: {self.process.output()[-500:]}") from error
        self.enter = ["nsenter", "--mount", "--target", str(self.process.pid)]
        # In front of a program's command.
        self.connected = [*self.enter, sys.executable, "-c", CONNECTED]

    def signal(self, number: int) -> None:
        self.process.signal(number)

    def run(self, *words, **options) -> str:
        done = subprocess.run([*self.enter, *map(str, words)], capture_output=True, text=True, timeout=60, check=True, **options)
        return done.stdout

    def entries(self, *matches) -> list[dict]:
        """Oldest first."""
        return [json.loads(line) for line in self.run("journalctl", "--all", "-o", "json", *matches).splitlines()]

    def write(self, **fields) -> None:
        """One entry, as anybody on this machine may write one."""
        self.run("logger", "--journald", input="".join(f"{name}={value}\n" for name, value in fields.items()))

    def lay_over(self, path: str, text: str, file: Path) -> None:
        """Whoever is in the room reads `text` from `path`."""
        file.write_text(text)
        self.run("mount", "--bind", file, path)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"

