# SPDX-License-Identifier: MIT
"""recycler-load in the background, and its counts."""

import json

from harness import machine
from harness.stage import Stage


class Load:
    """`options` are those of recycler-load without their dashes: requests=20000, query="sleep=0-2". Each of a stage has files of
    its own."""

    def __init__(self, stage: Stage, url: str, **options):
        name = f"recycler-load-{len(list(stage.directory.glob('recycler-load-*.out')))}"
        self._lost = stage.path(f"{name}.lost")
        argv = [machine.TEST_PROGRAMS / "recycler-load", "--url", url, "--list-lost", self._lost]
        for option, value in options.items():
            argv += [f"--{option}", str(value)]
        # Into a file: a pipe that nobody reads for a while would hold it up.
        self._output = stage.path(f"{name}.out")
        with open(self._output, "wb") as output:
            self.process = stage.start(argv, name, stdout=output)

    def _last_line(self) -> str | None:
        """The last whole one."""
        with open(self._output, "rb") as output:
            output.seek(max(0, self._output.stat().st_size - 8192))
            whole = output.read().rpartition(b"\n")[0].decode().splitlines()
        return whole[-1] if whole else None

    def running(self) -> bool:
        return self.process.running()

    def result(self, seconds: float = 120) -> dict:
        """Waits for its end; the summary. Fails if it ended by anything but its own count of losses."""
        status = self.process.wait(seconds)
        assert status is not None, f"recycler-load still runs after {seconds:g} s"
        assert status in (0, 1), f"recycler-load ended with {status}: {self.process.output()}"
        return json.loads(self._last_line())

    def latest(self) -> dict | None:
        """The counts of the last whole line of --progress; None before the first."""
        line = self._last_line()
        return json.loads(line) if line else None

    def lost(self) -> list[dict]:
        """Each wrong or missing answer so far: uri, fault, at (Unix time), seconds."""
        written = self._lost.read_text() if self._lost.exists() else ""
        return [json.loads(line) for line in written.rpartition("\n")[0].splitlines()]

    def end(self) -> dict:
        """Tells it to ask no more; the summary."""
        self.process.signal(self.process.stop_signal)
        return self.result(30)


def lost(summary: dict) -> int:
    return summary["wrong"] + summary["missing"]


def in_words(summary: dict) -> str:
    latency = summary["latency_ms"]
    words = f"{summary['answered']} answers, {summary['wrong']} wrong, {summary['missing']} missing"
    words += f", p99 {latency['p99']:g} ms, worst {latency['max']:g} ms"
    if summary["faults"]:
        words += ", " + ", ".join(f"{name}: {count}" for name, count in summary["faults"].items())
    return words
