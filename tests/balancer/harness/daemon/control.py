# SPDX-License-Identifier: MIT
"""The control socket asked directly, in Varlink: a millisecond a call, where recyclerctl takes twenty."""

import json
import os
import socket

from harness.daemon.recycler import Recycler


class Gone(Exception):
    """The connection ended before there was an answer."""


class Denied(Exception):
    """The answer is an error: its name, and its parameters."""


class Control:
    """One connection, made when it is first needed, and made again after it was lost."""

    def __init__(self, recycler: Recycler, seconds: float = 10):
        self.path = recycler.stage.path("run") / recycler.app / "control"
        self.seconds = seconds
        self.socket: socket.socket | None = None

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self.seconds)
        try:
            connection.connect(os.fspath(self.path))
        except OSError as error:
            connection.close()
            raise Gone(str(error)) from error
        return connection

    def call(self, method: str, **parameters) -> dict:
        """The parameters of the answer."""
        self.socket = self.socket or self.connect()
        try:
            self.socket.sendall(call_bytes(method, **parameters))
            answer = json.loads(self._receive())
        except (OSError, Gone) as error:
            self.close()
            raise Gone(str(error)) from error
        if "error" in answer:
            raise Denied(answer["error"], answer.get("parameters"))
        return answer["parameters"]

    def _receive(self) -> bytes:
        received = b""
        while not received.endswith(b"\0"):
            piece = self.socket.recv(65536)
            if not piece:
                raise Gone("closed by the daemon")
            received += piece
        return received[:-1]

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def slot(self, name: str) -> dict:
        return self.call("Status", slots=[name])["slots"][0]


def call_bytes(method: str, **parameters) -> bytes:
    return json.dumps({"method": f"io.recycler.{method}", "parameters": parameters}).encode() + b"\0"
