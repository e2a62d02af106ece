# SPDX-License-Identifier: MIT
"""kill -9 of the controller at any moment, over every handover and kind of socket, under a client that checks each answer."""

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field

from harness import machine
from harness.clients import load
from harness.clients.under_load import UnderLoad
from harness.daemon.control import Control, Gone
from harness.daemon.handover_spans import inside, spans
from harness.daemon.recycler import Recycler
from harness.memory import cgroups_of
from harness.processes import children_of, name_of, wait_gone, wait_until
from harness.stage import Stage
from harness.stories import Collection
from stories.replacing.handovers import settled, wait_until_none_is_due

STORIES = Collection()
story = STORIES.story

SLOTS = 4
WORKER_NAME = "app"
PORTS_OF_A_CELL = SLOTS + 1  # and lighttpd's
RECYCLE_REQUESTS = 150
# recycler/keeper/restart.hpp: the next controller waits ever longer where those before it died younger than this.
GROWN_UP = 10.0
YOUNG_IN_A_ROW = 6  # then one is left to grow up: the next ones would wait for a second and more
SHARE_INSIDE = 1 / 3  # of all kills, within a handover


@dataclass(frozen=True)
class Cell:
    handover: str
    sockets: str  # "tcp" or "unix"

    @property
    def name(self) -> str:
        return f"{self.handover} {self.sockets}"


CELLS = [Cell(handover, sockets) for sockets in ["tcp", "unix"] for handover in ["overlap", "queue", "close"]]


@dataclass
class Figures:
    kills: int = 0
    inside: int = 0
    requests: int = 0
    lost: int = 0
    recycles: int = 0
    slowest_ms: float = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> "Figures":
        for name in ("kills", "inside", "requests", "lost", "recycles", "faults"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        return self

    def in_words(self) -> str:
        return (f"{self.kills} kills, {self.inside} inside a handover, {self.recycles} recycles, {self.requests} requests, "
                f"{self.lost} lost, slowest {self.slowest_ms:.0f} ms")


class Killer:
    """Kills one controller after another of an app, most of them while a handover is under way."""

    def __init__(self, recycler: Recycler, chance: random.Random):
        self.recycler, self.chance = recycler, chance
        self.control = Control(recycler, seconds=20)
        self.kills: list[tuple[float, float]] = []  # Unix times before and after
        self.workers: set[int] = set()  # all that were seen, whatever the events say
        self.young = 0
        self.born = time.monotonic()

    def run(self, kills: int) -> None:
        victim = self.recycler.controller()
        while len(self.kills) < kills:
            if self.kills:
                victim = self.next_after(victim)
                self.born = time.monotonic()
            if self.young >= YOUNG_IN_A_ROW:
                time.sleep(GROWN_UP)
            self.choose_a_moment()
            self.kill(victim)

    def next_after(self, killed: int) -> int:
        def successor() -> int | None:
            pid = self.recycler.controller()
            return pid if pid != killed else None  # the keeper may not have reaped it yet
        return wait_until(successor, 30, "there is a controller", every=0.002)

    def choose_a_moment(self) -> None:
        aim = self.chance.choice(["handover"] * 5 + ["start", "any"])
        if aim == "handover":
            self.await_handover()
            time.sleep(self.chance.uniform(0, self.chance.choice([0.005, 0.05])))
        else:
            time.sleep(self.chance.uniform(0, 0.06 if aim == "start" else 0.4))

    def await_handover(self) -> None:
        """Until one is under way, whoever asked for it; the kill comes all the same where none begins."""
        patience = time.monotonic() + 2
        self.control.call("Recycle", slots=[self.chance.choice(self.recycler.slots)], wait=False)
        while time.monotonic() < patience:
            if any(slot["state"] == "replacing" for slot in self.control.call("Status")["slots"]):
                return
            time.sleep(0.002)

    def kill(self, victim: int) -> None:
        self.workers |= {pid for pid in children_of(self.recycler.process.pid) if name_of(pid) == WORKER_NAME}
        handle = os.pidfd_open(victim)
        try:
            before = time.time()
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            self.kills.append((before, time.time()))
        finally:
            os.close(handle)
        self.young = self.young + 1 if time.monotonic() - self.born < GROWN_UP else 0
        self.control.close()
        assert wait_gone(victim, 10), "the controller outlives SIGKILL"


class App:
    """One app of a cell, from its start until nothing is left of it."""

    def __init__(self, stage: Stage, cell: Cell, first_port: int):
        folder = stage.path("s")
        folder.mkdir(mode=0o755)
        self.folder = folder
        # By requests too, so that a handover may begin in any moment. lighttpd leaves a refused worker alone for a second.
        changes = {"app": {"name": f"crash-{first_port}"}, "capacity": {"handover": cell.handover, "settle": "1s"},
                   "recycle": {"requests": RECYCLE_REQUESTS, "spread": "0%"}}
        self.recycler = Recycler(stage, SLOTS, changes, first_port=first_port,
                                 sockets=folder if cell.sockets == "unix" else None).start()
        self.load = UnderLoad(stage, self.recycler, web_port=first_port + SLOTS, connections=3, post=30, query="sleep=0-30",
                              think="0-10", deadline=30)

    def suffer(self, kills: int, chance: random.Random) -> Figures:
        killer = Killer(self.recycler, chance)
        faults = []
        try:
            self.load.goes_on(20)
            killer.run(kills)
        except (AssertionError, OSError, Gone, TimeoutError) as error:  # told with the figures
            faults.append(f"{type(error).__name__}: {error}")
        return self.judged(killer, faults)

    def judged(self, killer: Killer, faults: list[str]) -> Figures:
        self.seen = killer.workers
        settled(self.recycler)
        summary = self.load.client.end()
        figures = Figures(kills=len(killer.kills), requests=summary["answered"], lost=load.lost(summary), faults=faults,
                          slowest_ms=summary["latency_ms"]["max"])
        wait_until_none_is_due(self.recycler, RECYCLE_REQUESTS, 20)
        figures.recycles = sum(self.load.counts()["recycles"].values())
        figures.inside = inside([line for line in self.recycler.report() if "event" in line], killer.kills)
        if figures.lost:
            faults.append(f"{load.in_words(summary)}: {self.load.client.lost()[:3]}")
        for check in (self.check_counts, self.check_processes, self.check_log, self.check_end):
            try:
                check(figures)
            except (AssertionError, TimeoutError) as error:
                faults.append(str(error))
        return figures

    def check_counts(self, figures: Figures) -> None:
        wait_until(lambda: self.load.counts()["requests"] == figures.requests, 10,
                   f"{figures.requests} requests are counted, not {self.load.counts()['requests']}")
        wait_until(lambda: not self.unrecorded(), 10, "each worker that does not serve has a record")
        self.recycler.wait_recorded()
        ends, counts = self.recycler.ends(), self.load.counts()
        names = {(record["slot"], record["generation"]) for record in ends}
        assert len(names) == len(ends) == sum(counts["ends"].values()), f"{len(ends)} records of {len(names)} ends: {counts}"
        assert set(counts["ends"]) <= {"recycled", "stopped"}, f"somebody died: {counts}"
        recycled = [record for record in ends if record["verdict"] == "recycled"]
        assert counts["ends"].get("recycled", 0) == len(recycled), f"{len(recycled)} records of recycled workers: {counts}"
        assert sum(counts["recycles"].values()) == len(recycled), f"{len(recycled)} were recycled: {counts}"
        lives = {(slot["slot"], slot["worker"]["generation"]) for slot in self.recycler.status()["slots"]}
        assert not lives & names, f"{lives & names} serve and have a record of their end"

    def unrecorded(self) -> set[int]:
        """Of the workers that were seen, or told of. A generation may be missing: written down, and never launched."""
        told = {event["pid"] for event in self.recycler.report() if event.get("event") == "started"}
        return (self.seen | told) - {record["pid"] for record in self.recycler.ends()} - set(self.recycler.worker_pids())

    def check_processes(self, figures: Figures) -> None:
        """Nobody is a child of the keeper but the controller and the workers that status shows."""
        def only_known():
            known = {*self.recycler.worker_pids(), self.recycler.controller()}
            return set(children_of(self.recycler.process.pid)) == known
        wait_until(only_known, 5, f"no worker is left behind: {children_of(self.recycler.process.pid)}")
        assert self.recycler.all_serving(), str(self.recycler.status()["slots"])

    def check_log(self, figures: Figures) -> None:
        """Each controller ended by our doing."""
        said = self.recycler.process.output()
        killed = said.count("ended by signal 9")
        assert killed == figures.kills == said.count("ended by"), f"{figures.kills} kills, and the log says: {said[-2000:]}"

    def check_end(self, figures: Figures) -> None:
        pids = [event["pid"] for event in self.recycler.report() if event.get("event") == "started"]
        status = self.recycler.stop()
        assert status == 0, f"exit {status}: {self.recycler.process.output()[-500:]}"
        living = [pid for pid in pids if not wait_gone(pid, 5)]
        assert not living, f"outlived the daemon: {living}"
        assert not cgroups_of(self.recycler.app), f"left behind: {cgroups_of(self.recycler.app)}"
        assert not list(self.folder.iterdir()), f"left behind: {list(self.folder.iterdir())}"


class Suffering(threading.Thread):
    """The kills of one cell, in rounds: each with a daemon of its own."""

    def __init__(self, cell: Cell, first_port: int, rounds: list[int], chance: random.Random):
        super().__init__(daemon=True)
        self.cell, self.first_port, self.rounds, self.chance = cell, first_port, rounds, chance
        self.figures = Figures()

    def run(self) -> None:
        for kills in self.rounds:
            try:
                with Stage() as stage:
                    self.figures.add(App(stage, self.cell, self.first_port).suffer(kills, self.chance))
            except Exception as error:  # the other cells go on
                self.figures.faults.append(f"{type(error).__name__}: {error}")


def rounds_of(kills: int, longest: int) -> list[int]:
    """The kills of one cell, in rounds that are about equally long."""
    count = -(-kills // longest)
    return [kills // count + (number < kills % count) for number in range(count)]


def suffer(kills: int, seed: int, longest_round: int) -> dict[Cell, Figures]:
    """So many kills over all cells, at the same time."""
    share = -(-kills // len(CELLS))
    first_port = machine.free_ports(PORTS_OF_A_CELL * len(CELLS))
    threads = [Suffering(cell, first_port + number * PORTS_OF_A_CELL, rounds_of(share, longest_round), random.Random(seed + number))
               for number, cell in enumerate(CELLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {thread.cell: thread.figures for thread in threads}


def fault_of(total: Figures) -> str | None:
    """What is wrong with the sum of all cells."""
    if total.faults:
        return f"{len(total.faults)} faults"
    if total.inside < total.kills * SHARE_INSIDE:
        return f"only {total.inside} of {total.kills} kills were inside a handover"
    return None


def told(slot: str, *events: str) -> list[dict]:
    """"replacing 1.000": an event of the slot, and at which second."""
    return [{"slot": slot, "event": name, "at": f"2026-01-01T00:00:{float(at):06.3f}Z"}
            for name, at in (event.split() for event in events)]


@story
def a_kill_inside_a_handover_is_told_apart_from_one_beside_it(stage):
    overlap = told("a", "replacing 1.000", "handed-over 1.030", "draining 1.050", "ended 1.100", "replacing 2.000", "ended 2.500")
    midnight = spans(overlap)[0].begin - 1
    def at(second: float) -> tuple[float, float]:
        return midnight + second, midnight + second
    for second, expected in [(0.9, 0), (1.01, 1), (1.09, 1), (1.5, 0), (2.1, 1), (2.6, 0)]:
        assert inside(overlap, [at(second)]) == expected, f"at second {second}"
    queue = told("a", "parking 1.000", "stopping 1.020", "starting 1.030")
    assert inside(queue, [at(1.01)]) == 0, "one whose end was never told proves nothing"
    arrival = {**told("", "controller-replaced 1.200")[0], "slot": None}
    assert inside([*queue, arrival], [at(1.01), at(1.3)]) == 1, "the next controller takes it over"
    assert inside(queue + told("b", "ready 1.060"), [at(1.01)]) == 0, "another slot ends it"
    assert inside(queue + told("a", "ready 1.060"), [at(1.01)]) == 1
    close = told("a", "gate-closed 1.000", "ended 1.100", "ready 1.150", "gate-opened 1.160")
    assert inside(close, [at(1.155), (midnight + 1.155, midnight + 1.2)]) == 1, "one that may have come after the end"


@story
def sixty_controllers_killed_over_every_handover_lose_nothing_and_leave_nothing_behind(stage):
    machine.need_gates()
    machine.need_memory_cgroup()
    seed = int(os.environ.get("RECYCLER_SEED", random.SystemRandom().randrange(1 << 30)))
    of_cells = suffer(kills=60, seed=seed, longest_round=5)
    total = Figures()
    for figures in of_cells.values():
        total.add(figures)
    words = f"seed {seed}: {total.in_words()}\n" + "\n".join(f"{cell.name}: {each.in_words()}" for cell, each in of_cells.items())
    assert fault_of(total) is None, f"{fault_of(total)}; {words}; {total.faults}"
    return words
