# SPDX-License-Identifier: MIT
"""A running app behind a lighttpd of its own, asked all the time by a client that checks each answer, and that counts what it asked."""

from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stage import Stage


class UnderLoad:
    """The slots at `addresses` of the app; all of them unless some are named. `options` are recycler-load's."""

    def __init__(self, stage: Stage, recycler: Recycler, addresses: list | None = None, web_port: int | None = None, **options):
        self.recycler = recycler
        self.web = Lighttpd(stage, addresses or recycler.addresses, port=web_port)
        self.client = Load(stage, self.web.url, duration=600, progress=0.1, **options)

    def answered(self) -> int:
        return (self.client.latest() or {"answered": 0})["answered"]

    def goes_on(self, answers: int = 100) -> None:
        """Until the client has got so many more."""
        before = self.answered()
        wait_until(lambda: self.answered() >= before + answers, 60, f"{answers} more answers")

    def counts(self) -> dict:
        return self.recycler.status()["totals"]

    def end(self, others: int = 0) -> dict:
        """The client's summary, when nothing is lost and each of its requests is in the app's count, with `others` that somebody
        else has asked."""
        summary = self.client.end()
        assert lost(summary) == 0, load.in_words(summary)
        expected = summary["answered"] + others
        wait_until(lambda: self.counts()["requests"] == expected, 10, f"{expected} requests are counted: {self.counts()}")
        return summary
