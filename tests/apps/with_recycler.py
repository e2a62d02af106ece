# SPDX-License-Identifier: MIT
"""An application under Recycler: recycled by requests, by memory and by an operator, and two of its workers ended by us."""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import web
from application import Application, Prepared, USER
from asking import Answer, Asking, failed, slowest_ms
from harness.daemon.policy import merged
from harness.daemon.recycler import Recycler
from harness.memory import cgroups_of
from harness.processes import children_of, wait_until
from harness.stage import Stage
from victims import MARK, end_all, end_busy_worker, marked

SLOTS = 2
CLIENTS = 6
TRIGGERS = ("requests", "memory", "operator")
KILLS = {signal.SIGKILL: "killed", signal.SIGSEGV: "crashed"}  # and the verdict of each
CUT = (*KILLS.values(), "child-died")  # what explain says of a request that a kill cut off
# What explain may say of nginx's other lines, behind which no answer was lost: the gap behind a kill, a gate that sent it to the
# next worker, and what a worker wrote.
HARMLESS = ("restart", "gate", "worker-said")
OURS = ("recycled", "stopped")


@dataclass
class Figures:
    name: str
    how: str
    requests: int = 0
    counted: int | None = None  # by Recycler; None where nobody counts
    recycles: dict[str, int] = field(default_factory=dict)
    slowest_ms: float = 0
    lost_by_kills: int = 0
    lost_otherwise: int = 0
    notes: list[str] = field(default_factory=list)  # what a reader should know
    faults: list[str] = field(default_factory=list)  # what must not be


def tell(stage: Stage, application: Application, prepared: Prepared, requests: int, seed: int) -> Figures:
    """One run; whatever is wrong is among the faults."""
    figures = Figures(application.name, "recycler")
    mark = str(stage.directory)
    recycler = Recycler(stage, SLOTS, policy_of(prepared, application, mark, requests)).start(300)
    try:
        Run(stage, application, prepared, recycler, requests, seed, figures).tell()
    finally:
        status = recycler.stop(120)
        if status != 0:
            figures.faults.append(f"recyclerd ended with {status}")
        left = marked(mark)
        if left or cgroups_of(recycler.app):
            figures.faults.append(f"left behind: processes {left}, cgroups {cgroups_of(recycler.app)}")
        end_all(mark)
    return figures


def policy_of(prepared: Prepared, application: Application, mark: str, requests: int) -> dict:
    own = {"app": {"name": f"apps-{application.name}", "user": USER},
           "recycle": {"requests": max(50, requests // 8), "hung": "1min"}}  # half of what asking.py waits: who waits behind it is served
    policy = merged(prepared.policy, own)
    policy["app"]["environment"] = {**policy["app"].get("environment", {}), MARK: mark}
    return policy


class Run:
    def __init__(self, stage: Stage, application: Application, prepared: Prepared, recycler: Recycler, requests: int, seed: int,
                 figures: Figures):
        self.application, self.recycler, self.requests, self.figures = application, recycler, requests, figures
        self.web = web.start(stage, recycler.addresses, prepared.web)
        headers = prepared.sign_in(self.web.port) if prepared.sign_in else {}
        self.before = prepared.signed_in_by
        self.asking = Asking(application, self.web.port, CLIENTS, headers, seed)
        self.killed: dict[tuple[str, int], str] = {}  # whom we have ended, and what Recycler has to say of it
        self.crashed = 0

    def tell(self) -> None:
        self.asking.reach(self.requests // 8)
        self.recycler.ctl("recycle", "all", seconds=300)
        self.kill_at(self.requests * 3 // 8, signal.SIGKILL)
        self.asking.reach(self.requests // 2)
        if self.application.processes > 1:
            self.kill_a_child()
        self.recycle_by_memory()
        self.kill_at(self.requests * 3 // 4, signal.SIGSEGV)
        self.asking.reach(self.requests * 7 // 8)
        self.recycler.ctl("recycle", "all", seconds=300)
        wait_until(lambda: self.totals()["recycles"].get("requests"), 300, "a recycle by requests")
        self.judge(self.asking.finish(self.requests))

    def totals(self) -> dict:
        return self.recycler.status()["totals"]

    def kill_at(self, count: int, number: int) -> None:
        self.asking.reach(count)
        victim = end_busy_worker(self.recycler, number)
        self.killed[victim] = KILLS[number]
        self.recycler.wait_serving(victim[0], victim[1] + 1, 300)

    def kill_a_child(self) -> None:
        """Where a worker is a parent and its children, one of them alone: its parent forks another, and nothing is recycled."""
        children = [child for pid in self.recycler.worker_pids() for child in children_of(pid)]
        os.kill(children[-1], signal.SIGKILL)
        def is_told() -> bool:
            return any(line.get("event") == "child-died" and line["pid"] == children[-1] for line in self.recycler.report())
        wait_until(is_told, 30, f"it is told that the child {children[-1]} died")

    def recycle_by_memory(self) -> None:
        """The limit comes down to where the largest worker is, until one was recycled for it; then it is as before."""
        def largest() -> int:
            workers = [slot["worker"] for slot in self.recycler.status()["slots"] if slot["worker"]]
            return max(worker["memory"]["bloat"] or 0 for worker in workers)
        bloat = wait_until(largest, 60, "the memory of a worker is known")
        began = self.totals()["recycles"].get("memory", 0)
        self.change({"recycle": {"memory": f"{bloat * 98 // 100 // 1024}KiB"}})
        wait_until(lambda: self.totals()["recycles"].get("memory", 0) > began, 300, f"a recycle by memory at {bloat >> 10} KiB")
        self.change({"recycle": {"memory": None}})

    def change(self, changes: dict) -> None:
        self.recycler.write_policy(changes)
        self.recycler.ctl("reload")

    def judge(self, answers: list[Answer]) -> None:
        figures = self.figures
        wait_until(self.recycler.all_serving, 300, "all serve after the last answer")
        figures.requests, figures.slowest_ms = len(answers) + self.before, slowest_ms(answers)
        cut = self.judge_losses(failed(answers))
        self.judge_counts(sum(answer.heard and answer not in cut for answer in answers) + self.before)
        self.judge_deaths()

    def judge_losses(self, losses: list[Answer]) -> list[Answer]:
        """Each is a request that one of our kills has cut off, as recyclerctl says that reads nginx's log, or as the record of the
        death does: nginx takes half an answer for a whole one, and writes nothing. Those that are."""
        causes, cut_off = self.explained(), []
        for cause, places in causes.items():
            if cause == "hung" and all(self.is_ours(place) for place in places):
                cut_off += places
            elif cause in HARMLESS:
                self.figures.notes.append(f"nginx also wrote of {cause}: {', '.join(places)}")
            elif cause not in CUT:
                self.figures.faults.append(f"nginx had trouble by {cause}: {places[:3]}")
        places = cut_off + [place for cause, places in causes.items() if cause in CUT for place in places]
        dead = [record["in_flight"]["uri"] for record in self.recycler.ends()
                if (record["slot"], record["generation"]) in self.killed and record["in_flight"]]
        cut = [loss for loss in losses if loss.uri in dead or any(place.endswith(loss.uri) for place in places)]
        others = [loss for loss in losses if loss not in cut]
        self.figures.lost_by_kills, self.figures.lost_otherwise = len(cut), len(others)
        self.figures.faults += [f"lost by no kill: {loss}" for loss in others[:5]]
        self.figures.notes.append(f"{len(places)} tries of nginx's were cut off by the kills")
        return cut

    def is_ours(self, place: str) -> bool:
        return any(place.startswith(f"{slot}.{generation} ") for slot, generation in self.killed)

    def explained(self) -> dict[str, list[str]]:
        """Of what recyclerctl explain says: the causes, each with its places."""
        log = Path(self.recycler.stage.path("nginx")) / "error.log"
        said = json.loads(self.recycler.ctl("--json", "explain", log, "--events", self.recycler.report_file))
        return {cause["cause"]: [place["where"] + " " + place["what"] for place in cause["places"]] for cause in said["causes"]}

    def judge_counts(self, answered: int) -> None:
        figures = self.figures
        def counted() -> bool:
            figures.counted = self.totals()["requests"]
            return figures.counted == answered
        deadline = time.monotonic() + 15
        while not counted() and time.monotonic() < deadline:
            time.sleep(0.2)
        if figures.counted != answered:
            figures.faults.append(f"{answered} requests were answered, and {figures.counted} are counted")

    def judge_deaths(self) -> None:
        totals = self.totals()
        self.figures.recycles = totals["recycles"]
        for trigger in TRIGGERS:
            if not totals["recycles"].get(trigger):
                self.figures.faults.append(f"no recycle by {trigger}")
        told = {}
        for record in self.recycler.ends():
            if self.application.crashes_at_its_end and crashed_at_its_end(record):
                self.crashed += 1
            elif record["verdict"] not in OURS:
                told[record["slot"], record["generation"]] = "crashed" if hung_in_its_report(record) else record["verdict"]
                self.figures.notes.append(record["sentence"])
        if told != self.killed:
            self.figures.faults.append(f"ended by us: {self.killed}; told: {told}")
        if self.crashed:
            self.figures.notes.append(f"{self.crashed} workers crashed by themselves when they were told to end, with nothing to "
                                      "answer")


def hung_in_its_report(record: dict) -> bool:
    """Ruby reports a crash in the handler of its signal, which may wait for a lock that the very thread holds."""
    return record["verdict"] == "hung" and any("C level backtrace information" in line for line in record["stderr"])


def crashed_at_its_end(record: dict) -> bool:
    orders = [item["value"] for item in record["evidence"] if item["name"] == "our order"]
    return record["verdict"] == "crashed" and record["in_flight"] is None and any("SIGTERM" in order for order in orders)
