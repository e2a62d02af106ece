# SPDX-License-Identifier: MIT
"""A connection that its client keeps open after the answer."""

from harness.clients.fastcgi import KEEP_CONN, Asking, read_records, request_bytes


class Kept(Asking):
    def request(self, query: str, **names) -> bytes:
        return request_bytes(query, flags=KEEP_CONN, **names)

    def await_answer(self) -> "Kept":
        received = b""
        while not read_records(received)[1]:
            piece = self.socket.recv(65536)
            assert piece, f"the worker closed the connection after {received!r}"
            received += piece
        return self

    def ask_again(self, query: str) -> "Kept":
        self.socket.sendall(self.request(query))
        return self.await_answer()
