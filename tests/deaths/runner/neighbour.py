# SPDX-License-Identifier: MIT
"""A client of the slot in which nobody dies: whatever happens to the others, each of its answers is right."""

import threading

from harness.clients.fastcgi import ask


class Neighbour(threading.Thread):
    def __init__(self, address, shared):
        super().__init__(daemon=True)
        self.address, self.patience, self.pause = address, shared.patience, 5 * shared.pause
        self.answers = 0
        self.fault: str | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self.pause) and self.fault is None:
            try:
                answer = ask(self.address, f"nonce={self.answers}", seconds=self.patience)
            except OSError as error:
                self.fault = f"{type(error).__name__}: {error}"
                return
            if answer is None or answer.get("end") != str(self.answers):
                self.fault = f"not answered rightly: {answer}"
            self.answers += 1

    def end(self) -> None:
        self._ended.set()
        self.join()
        assert self.fault is None, f"the slot beside was hurt, after {self.answers} right answers: {self.fault}"
