"""recycler-load in the background, and its counts."""

import json
import subprocess

from harness import machine
from harness.stage import Stage


class Load:
    """`options` are those of recycler-load without their dashes: requests=20000, query="sleep=0-2"."""

    def __init__(self, stage: Stage, url: str, **options):
        argv = [machine.TEST_PROGRAMS / "recycler-load", "--url", url]
        for name, value in options.items():
            argv += [f"--{name}", str(value)]
        self.process = stage.start(argv, "recycler-load", stdout=subprocess.PIPE)

    def running(self) -> bool:
        return self.process.running()

    def result(self, seconds: float = 120) -> dict:
        """Waits for its end; the summary. Fails if it ended by anything but its own count of losses."""
        status = self.process.wait(seconds)
        assert status is not None, f"recycler-load still runs after {seconds:g} s"
        assert status in (0, 1), f"recycler-load ended with {status}: {self.process.output()}"
        return json.loads(self.process.stdout.read().decode().splitlines()[-1])

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
