# SPDX-License-Identifier: MIT
"""One app of the matrix: its daemon, and the ways that are run in it, one after another in each of its lanes."""

import queue
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from harness import machine
from harness.daemon.records import ReportReader
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.stage import Stage
from runner import judge
from runner.deeds import furnish
from runner.killer import Killer
from runner.memory_kills import MemoryKills
from runner.neighbour import Neighbour
from runner.attempt import Attempt, Target
from runner.way import App, Way


@dataclass(frozen=True)
class Shared:
    """What the runners of all apps share."""
    killer: Killer
    patience: float  # seconds, for one event
    pause: float  # between two looks
    span: str  # a limit of time that a way runs into
    later_ms: int  # after a request, when it is over for sure
    prefix: list[str]  # words in front of a daemon's command
    tell: object  # (Way, seconds, fault or None)
    memory_kills: MemoryKills = field(default_factory=MemoryKills)


@dataclass
class Verdicts:
    """The names of the workers whose ends are accounted for."""
    claimed: dict = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, attempt: Attempt) -> None:
        with self.turn:
            self.claimed.update(attempt.claimed)
            for target in attempt.targets:
                self.claimed[target.slot, target.generation] = None  # judged


class AppRunner:
    def __init__(self, stage: Stage, app: App, shared: Shared, first_port: int):
        for program in app.needs:
            machine.need_program(program)
        self.app, self.shared = app, shared
        self.home: Path = stage.path("home")
        self.home.mkdir()
        self.home.chmod(0o777)
        furnish(self.home)
        self.verdicts = Verdicts()
        self.recycler = Recycler(stage, app.slots, self._policy(), prefix=shared.prefix, first_port=first_port)
        self.reader = ReportReader(self.recycler)

    def _policy(self) -> dict:
        def filled(value):
            if isinstance(value, list):
                return [filled(item) for item in value]
            if isinstance(value, dict):
                return {key: filled(item) for key, item in value.items()}
            return (value.replace("{home}", str(self.home)).replace("{programs}", str(machine.TEST_PROGRAMS))
                    .replace("{span}", self.shared.span) if isinstance(value, str) else value)
        policy = {"app": {"command": self.app.command, "directory": str(self.home)},
                  "restart": {"burst": 1000, "backoff_max": "1s"}}
        for table, keys in self.app.policy.items():
            policy.setdefault(table, {}).update(keys)
        return filled(policy)

    def run(self, numbered: list[tuple[int, Way]]) -> None:
        """Runs them; each is told when it is over."""
        self.recycler.launch()
        if self.app.serves:
            wait_until(self.recycler.all_serving, self.shared.patience, f"{self.recycler.app} serves", every=self.shared.pause)
        else:
            wait_until(self.recycler.report_file.exists, self.shared.patience, "it has begun", every=self.shared.pause)
        neighbour = None
        if self.app.neighbour:
            neighbour = Neighbour(self.recycler.addresses[-1], self.shared)
            neighbour.start()
        rows: queue.SimpleQueue = queue.SimpleQueue()
        for row in numbered:
            rows.put(row)
        lanes = [threading.Thread(target=self._run_lane, args=(lane, rows)) for lane in range(self.app.lanes)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        if neighbour:
            neighbour.end()
        self._close_the_books()

    def _run_lane(self, lane: int, rows: queue.SimpleQueue) -> None:
        while True:
            try:
                number, way = rows.get_nowait()
            except queue.Empty:
                return
            began = time.monotonic()
            attempt = Attempt(self, number, lane, way.verdict)
            fault = None
            try:
                if way.verdict.startswith("oom"):
                    self.shared.memory_kills.take_turn()
                way.deed(attempt)
                self._judge(attempt, way)
            except Exception as error:
                fault = _in_words(error)
            finally:
                self.verdicts.claim(attempt)
                attempt.close()
            self.shared.tell(way, time.monotonic() - began, fault)

    def _judge(self, attempt: Attempt, way: Way) -> None:
        for target in attempt.targets:
            record = attempt.record_of(target)
            faults = [*self._faults(target, way, record), *judge.contradictions(record),
                      *judge.missing(record, [words.format(**attempt.notes) for words in way.proof])]
            assert not faults, "; ".join(faults) + f"\n{record}"
        for asking in attempt.hanging:
            answer = asking.answer(self.shared.patience)
            assert answer is None, f"a client was answered: {answer}"

    @staticmethod
    def _faults(target: Target, way: Way, record: dict):
        if record["verdict"] != (target.verdict or way.verdict):
            yield f"the verdict is {record['verdict']}"
        if target.pid is not None and record["pid"] != target.pid:
            yield f"the pid was {target.pid}"
        if (target.in_flight or "") not in (record["in_flight"] or {"uri": ""})["uri"]:
            yield f"{target.in_flight} was in flight"
        if target.in_flight is None and record["in_flight"]:
            yield "no request was in flight"
        if (record["requests"] or 0) != target.answered:
            yield f"it had answered {target.answered}"

    def _close_the_books(self) -> None:
        """Every worker that ended has one record, in the report file as in `why`, and each was meant to end."""
        self.reader.refresh()
        records = self.reader.records
        names = [(record["slot"], record["generation"]) for record in records]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"more than one record: {twice}"
        for record in records:
            allowed = self.verdicts.claimed.get((record["slot"], record["generation"]), ())
            assert allowed is None or record["verdict"] in (*allowed, *self.app.passing), f"an end that no way is about: {record}"
        if not self.recycler.process.running():
            return
        told = {(r["slot"], r["generation"]): r["verdict"]
                for r in wait_until(self._why, self.shared.patience, "why answers", every=self.shared.pause)}
        differing = [r["sentence"] for r in records if told.get((r["slot"], r["generation"]), r["verdict"]) != r["verdict"]]
        assert not differing, f"why tells otherwise: {differing}"

    def _why(self) -> list[dict] | None:
        """None while the controller is away."""
        try:
            return self.recycler.why()
        except Refused:
            return None


def _in_words(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[1:][-3:])
    return f"{str(error) or type(error).__name__} (at {where})"
