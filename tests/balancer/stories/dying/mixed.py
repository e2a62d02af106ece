# SPDX-License-Identifier: MIT
"""Hundreds of ends of every kind, in random order and on every slot at once: one record each, and the right verdict.

What is drawn follows from a seed, which every story prints; RECYCLER_SEED sets it.
"""

import os
import random
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Callable

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.daemon.control import Control, Denied, Gone
from harness.daemon.records import Name, ReportReader
from harness.daemon.recycler import Recycler
from harness.processes import waits_in_accept, wait_until
from harness.stories import Collection
from stories.dying.outages import next_controller
from stories.replacing.handovers import settled

STORIES = Collection()

SLOTS = 8
PATIENCE = 60  # seconds, for any one thing: the machine may be busy
CALLS = ["acct", "reboot", "swapon", "settimeofday", "umount2", "chroot"]


class Bench:
    """One slot, and the end of its present worker."""

    def __init__(self, recycler: Recycler, index: int, reader: ReportReader):
        self.recycler, self.reader = recycler, reader
        self.name = recycler.slots[index]
        self.address = recycler.addresses[index]
        self.control = Control(recycler, seconds=PATIENCE)
        self.generation = 0
        self.pid = 0
        self.open: list[Asking] = []  # held, so that no client hangs up before the worker has ended

    def look(self) -> dict:
        """The slot as the daemon tells; asked again if the controller was killed meanwhile."""
        def seen():
            try:
                return self.control.slot(self.name)
            except Gone:
                return None
        return wait_until(seen, PATIENCE, f"the controller tells of {self.name}")

    def await_worker(self) -> None:
        def serving():
            slot = self.look()
            new = slot["worker"] and slot["worker"]["generation"] > self.generation
            return slot["worker"] if new and Recycler.serves(slot) and not slot["next"] and not slot["due"] else None
        worker = wait_until(serving, PATIENCE, f"{self.name} serves after generation {self.generation}", every=0.005)
        self.generation, self.pid = worker["generation"], worker["pid"]

    def worker_name(self) -> Name:
        return self.name, self.generation

    def hold(self, query: str) -> Held:
        """A request that the worker has begun, and that goes on when it is released."""
        held = Held(self.address, f"nonce=1&{query}")
        self.open.append(held)
        def begun():
            worker = self.look()["worker"]
            return worker and worker["generation"] == self.generation and worker["requests"]["in_flight"] == 1
        wait_until(begun, PATIENCE, f"{query} is in flight in {self.name}.{self.generation}", every=0.002)
        return held

    def send(self, query: str) -> None:
        """A request that ends the worker."""
        self.open.append(Asking(self.address, f"nonce=1&{query}"))

    def answered(self, query: str = "") -> None:
        assert ask(self.address, f"nonce=1&{query}", seconds=PATIENCE) is not None, f"{query} was not answered"

    def recycle(self) -> None:
        """Asks until the recycle is under way: a controller that is killed in that moment may not have heard it."""
        def under_way():
            slot = self.look()
            worker = slot["worker"]
            if worker is None or worker["generation"] != self.generation or slot["due"] or slot["state"] != "serving":
                return True
            try:
                self.control.call("Recycle", slots=[self.name], wait=False)
            except Gone:
                pass
            return False
        wait_until(under_way, PATIENCE, f"the recycle of {self.name} begins", every=0.005)

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def clear(self) -> None:
        for asking in self.open:
            asking.socket.close()
        self.open.clear()


@dataclass(frozen=True)
class End:
    """One way to end a worker, and what its record must hold."""
    verdict: str
    bring: Callable[[Bench, random.Random], None]
    says: str = ""  # stands in the evidence
    in_flight: str | None = None  # None: nothing; else part of the URI
    trigger: str | None = None
    or_trigger: str | None = None  # one that may have been due just then
    told_by: str | None = None  # the verdict where the record names who sent the signal: not every one is seen
    weight: int = 4


def busy_then(number: int):
    def bring(bench: Bench, _) -> None:
        bench.hold("sleep=60000")
        bench.kill(number)
    return bring


def idle_then(number: int, served: int = 0):
    def bring(bench: Bench, _) -> None:
        for _ in range(served):
            bench.answered()
        # libfcgi notices a SIGTERM that comes just before its accept() with the next connection, which never comes here.
        wait_until(lambda: waits_in_accept(bench.pid), PATIENCE, f"{bench.pid} waits for a request")
        bench.kill(number)
    return bring


def by_request(query: str):
    return lambda bench, _: bench.send(query)


def forbidden(bench: Bench, chance: random.Random) -> None:
    bench.send(f"forbid={chance.choice(CALLS)}")


def cut(bench: Bench, _) -> None:
    bench.hold("sleep=60000").release()
    bench.recycle()


def crash_while_draining(bench: Bench, _) -> None:
    held = bench.hold("crash=segv")
    bench.recycle()
    held.release()


def exit_while_draining(bench: Bench, _) -> None:
    held = bench.hold("exit=9")
    bench.recycle()
    held.release()


def together(bench: Bench, _) -> None:
    bench.barrier.wait(PATIENCE)
    bench.kill(signal.SIGKILL)


ENDS = {
    "segv": End("crashed", by_request("crash=segv"), "SIGSEGV", "crash=segv"),
    "abort": End("crashed", by_request("crash=abort"), "SIGABRT", "crash=abort"),
    "bus, idle": End("crashed", idle_then(signal.SIGBUS), "SIGBUS", weight=2),
    "ill, idle": End("crashed", idle_then(signal.SIGILL), "SIGILL", weight=2),
    "fpe, busy": End("crashed", busy_then(signal.SIGFPE), "SIGFPE", "sleep=60000", weight=2),
    "trap, busy": End("crashed", busy_then(signal.SIGTRAP), "SIGTRAP", "sleep=60000", weight=2),
    "exit 1": End("exited", by_request("exit=1"), "1", "exit=1"),
    "exit 0, busy": End("exited", by_request("exit=0"), "0", "exit=0"),
    "leave 0": End("left", lambda bench, _: bench.answered("leave=0"), "status 0"),
    "leave 7": End("exited", lambda bench, _: bench.answered("leave=7"), "7"),
    "leak": End("oom-worker", by_request("leak=131072"), "oom_kill", "leak=131072", or_trigger="memory"),
    "kill -9, idle": End("killed", idle_then(signal.SIGKILL, served=2), "SIGKILL"),
    "kill -9, busy": End("killed", busy_then(signal.SIGKILL), "SIGKILL", "sleep=60000"),
    "kill -9, new": End("killed", idle_then(signal.SIGKILL), "SIGKILL"),
    "hup": End("killed", idle_then(signal.SIGHUP), "SIGHUP", weight=2),
    # libfcgi makes an orderly exit of it.
    "term, idle": End("left", idle_then(signal.SIGTERM, served=1), "status 0", told_by="exited"),
    "term, new": End("exited", idle_then(signal.SIGTERM), "status 0"),
    "recycle": End("recycled", lambda bench, _: bench.recycle(), "recycle", trigger="operator", weight=8),
    "cut": End("drain-cut", cut, "drain.timeout", "sleep=60000", "operator", weight=3),
    "hung": End("hung", by_request("sleep=60000"), "recycle.hung", "sleep=60000", "hung", weight=2),
    "forbidden": End("forbidden-syscall", forbidden, "SIGSYS", "forbid="),
    "segv in a drain": End("crashed", crash_while_draining, "SIGSEGV", "crash=segv", "operator"),
    "exit in a drain": End("exited", exit_while_draining, "9", "exit=9", "operator"),
    "all at once": End("killed", together, "SIGKILL", weight=0),
}


def plan(chance: random.Random, each: int) -> list[str]:
    """The ends of one slot. "all at once" is made by all slots in the same instant, so it has fixed places."""
    kinds = list(ENDS)
    drawn = chance.choices(kinds, [ENDS[kind].weight for kind in kinds], k=each)
    for place in range(each // 8, each, each // 5):
        drawn[place] = "all at once"
    return drawn


def check(record: dict, end: End, pid: int) -> None:
    said = f"{record['slot']}.{record['generation']}: {record['verdict']}: {record['sentence']}"
    named = end.told_by and any(item["name"] == "sender of the signal" for item in record["evidence"])
    verdict = end.told_by if named else end.verdict
    assert (record["verdict"], record["pid"]) == (verdict, pid), f"{said}, not {verdict} of pid {pid}"
    proof = record["sentence"] + " ".join(f"{item['name']} {item['value']}" for item in record["evidence"])
    assert end.says in proof, f"{end.says} is not in {said}"
    assert record["trigger"] in (end.trigger, end.or_trigger), f"{said}: trigger {record['trigger']}, not {end.trigger}"
    uri = (record["in_flight"] or {}).get("uri")
    assert (uri is None) == (end.in_flight is None) and (end.in_flight or "") in (uri or ""), f"{said}: in flight {uri}"


class Ender(threading.Thread):
    """Ends one worker of its slot after the other, and checks each record as it comes."""

    def __init__(self, bench: Bench, kinds: list[str], seed: int):
        super().__init__(daemon=True)
        self.bench, self.kinds = bench, kinds
        self.chance = random.Random(seed)
        self.made: dict[Name, str] = {}
        self.fault: str | None = None

    def run(self) -> None:
        for number, kind in enumerate(self.kinds):
            bench, end = self.bench, ENDS[kind]
            try:
                bench.await_worker()
                self.made[bench.worker_name()] = kind
                end.bring(bench, self.chance)
                check(bench.reader.record(bench.worker_name(), PATIENCE), end, bench.pid)
            except (AssertionError, OSError, TimeoutError, Denied, threading.BrokenBarrierError) as error:
                self.fault = f"end {number} of {bench.name}.{bench.generation}, {kind}: {error!r}"
                bench.barrier.abort()
                return
            finally:
                bench.clear()


def bring_about(recycler: Recycler, reader: ReportReader, total: int, seed: int, beside=lambda goes_on: None) -> dict[Name, str]:
    """Brings about `total` ends on all slots at once; what was done to each worker. `beside` runs until it is over."""
    chance = random.Random(seed)
    barrier = threading.Barrier(SLOTS)
    enders = []
    for index in range(SLOTS):
        bench = Bench(recycler, index, reader)
        bench.barrier = barrier
        enders.append(Ender(bench, plan(chance, total // SLOTS + (index < total % SLOTS)), chance.randrange(1 << 30)))
    for ender in enders:
        ender.start()
    beside(lambda: any(ender.is_alive() for ender in enders))
    for ender in enders:
        ender.join()
    faults = [ender.fault for ender in enders if ender.fault and "BrokenBarrier" not in ender.fault]
    assert not faults, f"seed {seed}: {'; '.join(faults)}"
    return {name: kind for ender in enders for name, kind in ender.made.items()}


def check_the_books(recycler: Recycler, reader: ReportReader, made: dict[Name, str], called_off: int) -> Counter:
    """Report file, totals and `why` tell of the same ends, each once, and of no others but replacements that were called off."""
    status = recycler.status()
    living = {(slot["slot"], slot["worker"]["generation"]) for slot in status["slots"]}
    records = reader.refresh().records
    names = [(record["slot"], record["generation"]) for record in records]
    twice = [name for name, count in Counter(names).items() if count > 1]
    assert not twice, f"more than one record: {twice}"
    # A controller that is killed may take the event of a start with it, never the record of an end.
    unrecorded, undead = (reader.started() | set(made)) - living - set(names), set(names) & living
    assert not unrecorded and not undead, f"ended and not recorded: {unrecorded}; recorded and alive: {undead}"
    newest = dict(living)
    assert all(generation < newest[slot] for slot, generation in names), f"recorded and never started: {names}, alive {living}"
    others = [record for record in records if (record["slot"], record["generation"]) not in made]
    assert len(others) <= called_off and {record["verdict"] for record in others} <= {"stopped"}, f"nobody asked for: {others}"
    verdicts = Counter(record["verdict"] for record in records)
    ends = {verdict: count for verdict, count in status["totals"]["ends"].items() if count}
    assert ends == dict(verdicts), f"totals {ends}, records {dict(verdicts)}"
    for slot in recycler.slots:
        told = [(record["generation"], record["verdict"]) for record in
                Control(recycler).call("Why", slot=slot)["records"]]
        ours = [(record["generation"], record["verdict"]) for record in reversed(records) if record["slot"] == slot]
        assert told == ours, f"why {slot}: {told}; report: {ours}"
    return verdicts


def mixed_app(stage, handover: str) -> Recycler:
    machine.need_memory_cgroup()
    machine.need_gates()
    return Recycler(stage, SLOTS, {
        "memory": {"max": "64MiB"},
        # Far from what the other ends take: a slow machine must not make one of them of another.
        "recycle": {"hung": "6s"},
        "drain": {"timeout": "1500ms", "stop_timeout": "1s"},
        "capacity": {"handover": handover, "max_unavailable": SLOTS, "settle": "0s"},
        "restart": {"burst": 1000}, "limits": {"core": "0"}}).start()


def tell_mixed_ends(stage, total: int, handover: str, kills: int = 0):
    seed = int(os.environ.get("RECYCLER_SEED", random.SystemRandom().randrange(1 << 30)))
    recycler = mixed_app(stage, handover)
    reader = ReportReader(recycler)
    killed = []

    def kill_controllers(goes_on) -> None:
        for share in range(1, kills + 1):
            wait_until(lambda: len(reader.refresh().records) > total * share // (kills + 1) or not goes_on(), 300, "the ends go on")
            controller = recycler.controller()
            os.kill(controller, signal.SIGKILL)
            next_controller(recycler, controller, 30)
            killed.append(controller)
    made = bring_about(recycler, reader, total, seed, kill_controllers)
    wait_until(recycler.all_serving, PATIENCE, "every slot serves again")
    settled(recycler)
    recycler.wait_recorded()
    # Who dies in a drain may do so before the replacement was ready; who kills a controller ends all handovers it was in.
    dying_in_a_drain = sum(kind.endswith("in a drain") for kind in made.values())
    verdicts = check_the_books(recycler, reader, made, called_off=dying_in_a_drain + len(killed) * SLOTS)
    kinds = Counter(made.values())
    missing = [kind for kind in ENDS if not kinds[kind]]
    figures = (f"seed {seed}: {len(made)} ends of {len(kinds)} kinds, {len(reader.records)} records, "
               f"{len(killed)} controllers killed; " + ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items())))
    assert len(made) == total and not (missing and total >= 500), f"{figures}; never drawn: {missing}"
    return figures


STORIES.add("five hundred ends of every kind in random order have one record each with the right verdict", tell_mixed_ends,
            total=500, handover="overlap")
STORIES.add("two hundred ends of every kind have one record each although the controller is killed five times meanwhile",
            tell_mixed_ends, total=200, handover="queue", kills=5)
