# SPDX-License-Identifier: MIT
"""One HTTP request in the background, with a deadline of its own, and its answer checked as recycler-load checks one."""

import http.client
import threading
import time


class WebRequest(threading.Thread):
    """`uri` must hold a nonce. `lost` is None after a right answer, else an entry as recycler-load lists them."""

    def __init__(self, port: int, uri: str, seconds: float):
        super().__init__(daemon=True)
        self.port, self.uri, self.seconds = port, uri, seconds
        self.nonce = next(word.removeprefix("nonce=") for word in uri.partition("?")[2].split("&") if word.startswith("nonce="))
        self.lost: dict | None = None

    def run(self) -> None:
        began = time.monotonic()
        try:
            fault = self._ask()
        except TimeoutError:
            fault = "timeout"
        except (OSError, http.client.HTTPException):
            fault = "closed without an answer"
        if fault:
            self.lost = {"uri": self.uri, "fault": fault, "at": time.time(), "seconds": time.monotonic() - began}

    def _ask(self) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.seconds)
        connection.request("GET", self.uri)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        if answer.status != 200:
            return f"status {answer.status}"
        right = body.startswith(f"nonce={self.nonce} ") and body.endswith(f" end={self.nonce}\n")
        return None if right else "nonce of another request"
