# SPDX-License-Identifier: MIT
"""The file that rsyslog of Debian 12 makes of what a program sends it: a receiver in /dev/log's stead."""

import re
import socket
import threading
from datetime import datetime, timezone
from pathlib import Path

from harness.stage import Stage

MESSAGE = re.compile(rb"<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d (.*)", re.DOTALL)


class Syslog:
    """Writes each message with its time of arrival and a host's name in front."""

    def __init__(self, stage: Stage):
        self.path: Path = stage.path("syslog.socket")
        self.file: Path = stage.path("syslog")
        self._socket = stage.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self._socket.bind(str(self.path))
        self.path.chmod(0o777)
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        with open(self.file, "wb") as file:
            while message := self._socket.recv(65536):
                found = MESSAGE.fullmatch(message)
                now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
                file.write(f"{now} web1 ".encode() + (found[1] if found else message).rstrip(b"\n") + b"\n")

    def end(self) -> None:
        """Once everything that was sent before is in the file."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))
        self._thread.join(20)
