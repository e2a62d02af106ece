# SPDX-License-Identifier: MIT
"""A request whose last bytes the client keeps back: its worker is busy until release(), however slow the machine is."""

from harness.clients.fastcgi import STDIN, Asking, record, request_bytes

END_OF_BODY = record(STDIN, b"")


class Held(Asking):
    def request(self, query: str, **names) -> bytes:
        return request_bytes(query, **names).removesuffix(END_OF_BODY)

    def release(self) -> "Held":
        """The worker has the whole request, and does what its query says."""
        self.socket.sendall(END_OF_BODY)
        return self
