# SPDX-License-Identifier: MIT
"""One FastCGI request straight to a worker, without a web server: for probes, and for requests that shall kill it."""

import select
import socket
import struct
import time

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = 1
KEEP_CONN = 1


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name: str, value: str) -> bytes:
    def size(text: bytes) -> bytes:
        return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
    key, content = name.encode(), value.encode()
    return size(key) + size(content) + key + content


def request_bytes(query: str, script: str = "/app", root: str = "", flags: int = 0) -> bytes:
    params = {"REQUEST_METHOD": "GET", "QUERY_STRING": query, "SCRIPT_NAME": script, "SCRIPT_FILENAME": root + script,
              "REQUEST_URI": f"{script}?{query}", "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
              "CONTENT_LENGTH": "0", "REDIRECT_STATUS": "200"}
    content = b"".join(_pair(name, value) for name, value in params.items())
    return (record(BEGIN, struct.pack(">HB5x", RESPONDER, flags)) + record(PARAMS, content) + record(PARAMS, b"")
            + record(STDIN, b""))


class Asking:
    """A request on its way. The connection is made at once; the answer is waited for by answer()."""

    def __init__(self, address, query: str, **names):
        family = (socket.AF_UNIX if isinstance(address, str)
                  else socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket = socket.socket(family)
        self.socket.settimeout(5)
        self.begun_at = time.monotonic()
        self.answered_at = None
        try:
            self.socket.connect(address)
            self.socket.sendall(self.request(query, **names))
        except OSError:
            self.socket.close()
            raise

    def request(self, query: str, **names) -> bytes:
        return request_bytes(query, **names)

    def answer(self, seconds: float = 10) -> dict | None:
        """The worker's words (nonce, length, sum, pid ...); None when it closed the connection without a whole answer."""
        received = b""
        deadline = time.monotonic() + seconds
        with self.socket:
            while True:
                ready, _, _ = select.select([self.socket], [], [], max(0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError(f"no answer within {seconds:g} s")
                try:
                    piece = self.socket.recv(65536)
                except ConnectionResetError:
                    return None
                if not piece:
                    break
                received += piece
        self.answered_at = time.monotonic()
        output, ended = read_records(received)
        return _words(output) if ended else None


def read_records(received: bytes) -> tuple[bytes, bool]:
    output, ended = b"", False
    while len(received) >= 8:
        _, kind, _, length, padding = struct.unpack(">BBHHBx", received[:8])
        if kind == STDOUT:
            output += received[8:8 + length]
        ended = ended or kind == END
        received = received[8 + length + padding:]
    return output, ended


def _words(output: bytes) -> dict:
    body = output.partition(b"\r\n\r\n")[2].decode(errors="replace")
    return dict(word.split("=", 1) for word in body.split() if "=" in word)


def ask(address, query: str = "nonce=1", seconds: float = 10, **names) -> dict | None:
    return Asking(address, query, **names).answer(seconds)
