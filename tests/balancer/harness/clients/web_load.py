# SPDX-License-Identifier: MIT
"""A few clients that ask one request after another, for a web server whose answers come in chunks: recycler-load wants a length."""

import threading

from harness.clients.web_request import WebRequest


class WebLoad:
    def __init__(self, port: int, connections: int, query: str, deadline: float):
        self.port, self.query, self.deadline = port, query, deadline
        self._stop = threading.Event()
        self._asked: list[list[WebRequest]] = [[] for _ in range(connections)]
        self._clients = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(connections)]
        for client in self._clients:
            client.start()

    def _ask(self, number: int) -> None:
        asked = self._asked[number]
        while not self._stop.is_set():
            asked.append(WebRequest(self.port, f"/app?nonce={number}.{len(asked)}&{self.query}", self.deadline))
            asked[-1].run()

    def end(self) -> dict:
        """The counts, as far as recycler-load's summary has them too."""
        self._stop.set()
        for client in self._clients:
            client.join()
        asked = [request for client in self._asked for request in client]
        faults = [request.lost["fault"] for request in asked if request.lost]
        return {"answered": len(asked) - len(faults), "wrong": 0, "missing": len(faults),
                "faults": {fault: faults.count(fault) for fault in faults}}
