# SPDX-License-Identifier: MIT
"""The report file while it grows: each line is parsed once, whoever asks."""

import json
import threading

from harness.daemon.recycler import Recycler
from harness.processes import wait_until

Name = tuple[str, int]  # a worker: its slot, its generation


class ReportReader:
    """Used from any thread. Rotation is not followed: 16 MiB are more than a story writes."""

    def __init__(self, recycler: Recycler):
        self.path = recycler.report_file
        self.events: list[dict] = []  # in the order in which they were written
        self.records: list[dict] = []
        self._by_name: dict[Name, dict] = {}
        self._lock = threading.Lock()
        self._read = 0

    def refresh(self) -> "ReportReader":
        with self._lock:
            with open(self.path, "rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read += len(whole) + len(newline)
            for line in whole.splitlines():
                self._take(json.loads(line))
        return self

    def _take(self, line: dict) -> None:
        if "kind" in line:
            self.records.append(line)
            self._by_name.setdefault((line["slot"], line["generation"]), line)
        else:
            self.events.append(line)

    def record(self, name: Name, seconds: float) -> dict:
        """The first record of that worker, once it is there."""
        return wait_until(lambda: self.refresh()._by_name.get(name), seconds, f"a record of {name[0]}.{name[1]}", every=0.005)

    def started(self) -> set[Name]:
        """Every worker that was launched."""
        return {(event["slot"], event["generation"]) for event in self.events if event["event"] == "started"}

    def find(self, slot: str, generation: int) -> dict | None:
        """The first record of that worker, if it is there."""
        return self._by_name.get((slot, generation))
