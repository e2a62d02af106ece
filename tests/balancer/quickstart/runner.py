# SPDX-License-Identifier: MIT
"""The run itself, on either stand: load on every route, one mishap after another, and the facts that come of it."""

import time
from dataclasses import dataclass, field

from harness.clients.load import Load
from harness.stage import Stage
from quickstart import mishaps, shop
from quickstart.mishaps import Expected
from quickstart.screen import Screen
from quickstart.stand import CannotBeDone, Stand

LOOK_EVERY = 0.25  # seconds
# A request may wait behind the one that hangs until that worker is ended.
DEADLINE = 15


@dataclass
class Facts:
    """What the clients have seen."""
    seconds: float
    sent: int
    right: int
    lost: list[dict]  # as recycler-load lists them
    worst_ms: float
    expected: list[Expected] = field(default_factory=list)


class Runner:
    def __init__(self, stage: Stage, stand: Stand, seconds: float, screen: Screen):
        self.stand, self.seconds, self.screen = stand, seconds, screen
        self.began = time.monotonic()
        self.clients = [
            Load(stage, stand.web.url + route.path, duration=seconds, query=route.query, progress=1,
                 connections=route.clients, think=shop.THINK, deadline=DEADLINE, seed=number)
            for number, route in enumerate(shop.ROUTES, 1)]
        self.to_come = list(mishaps.ALL)
        self.expected: list[Expected] = []

    def run(self) -> Facts:
        while running := [client for client in self.clients if client.running()]:
            self._next_mishap()
            self._look()
            running[0].process.wait(LOOK_EVERY)
        facts = self._facts()
        self._look()
        return facts

    def _passed(self) -> float:
        return time.monotonic() - self.began

    def _next_mishap(self) -> None:
        if not self.to_come or self._passed() < self.to_come[0].at * self.seconds:
            return
        try:
            said, expected = self.to_come.pop(0).deed(self.stand)
        except CannotBeDone as reason:
            self.screen.say(self._passed(), f"left out: {reason}")
            return
        self.expected.append(expected)
        self.screen.say(self._passed(), said)

    def _look(self) -> None:
        look = self.stand.look()
        if look:
            self.stand.highest.note(look)
        for line in self.stand.news():
            self.screen.say(self._passed(), f"  {line}")
        counts = [client.latest() for client in self.clients]
        if all(counts):
            right = sum(count["answered"] - count["wrong"] for count in counts)
            lost = sum(count["missing"] + count["wrong"] for count in counts)
            largest = f"; the largest worker holds {look.largest / shop.MIB:.0f} MiB" if look else ""
            self.screen.show(self._passed(), f"{right:,} right answers, {lost} lost{largest}", self.stand)

    def _facts(self) -> Facts:
        counts = [client.result() for client in self.clients]
        asked = self.stand.special_requests
        for request in asked:
            request.join(request.seconds + 1)
        lost = [answer for client in self.clients for answer in client.lost()]
        lost += [request.lost for request in asked if request.lost]
        sent = sum(count["sent"] for count in counts) + len(asked)
        return Facts(seconds=self.seconds, sent=sent, right=sent - len(lost), lost=lost, expected=self.expected,
                     worst_ms=max(count["latency_ms"]["max"] for count in counts))
