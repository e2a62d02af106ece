# SPDX-License-Identifier: MIT
"""Clients that come straight to one slot, without a web server, and check each answer."""

import threading
import time

from harness.clients.fastcgi import Asking


class Callers:
    """`count` threads that ask `address` one thing after another until end(). Who is refused, or finds no socket, asks again."""

    def __init__(self, address, count: int = 4, query: str = "sleep=2"):
        self.address, self.query, self.count = address, query, count
        self.answered, self.refused = 0, 0
        self.lost: list[str] = []
        self.longest_refused = self.slowest = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        asked = 0
        while not self._over.is_set():
            asked += 1
            self._ask(f"c{number}.{asked}")
            time.sleep(0.002)

    def _ask(self, nonce: str) -> None:
        began = time.monotonic()
        while not self._over.is_set():
            try:
                asking = Asking(self.address, f"nonce={nonce}&{self.query}")
            except (ConnectionRefusedError, FileNotFoundError, BlockingIOError):
                with self._lock:
                    self.refused += 1
                    self.longest_refused = max(self.longest_refused, time.monotonic() - began)
                time.sleep(0.01)
                continue
            except OSError as error:
                return self._lose(nonce, began, repr(error))
            try:
                answer = asking.answer(30)
            except (OSError, TimeoutError) as error:
                return self._lose(nonce, began, repr(error))
            if answer is None or answer.get("nonce") != nonce or answer.get("end") != nonce:
                return self._lose(nonce, began, f"answered {answer}")
            with self._lock:
                self.answered += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
            return None
        return None

    def _lose(self, nonce: str, began: float, how: str) -> None:
        with self._lock:
            self.lost.append(f"{nonce} after {time.monotonic() - began:.2f} s: {how}")

    def end(self) -> str:
        """The counts in words."""
        self._over.set()
        for thread in self._threads:
            thread.join(40)
        return (f"{self.answered} answers, slowest {self.slowest * 1000:.0f} ms, refused {self.refused} times, for "
                f"{self.longest_refused * 1000:.0f} ms at most, {len(self.lost)} lost {self.lost[:3]}")
