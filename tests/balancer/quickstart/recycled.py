# SPDX-License-Identifier: MIT
"""The workers under Recycler."""

import os
import signal
from datetime import datetime

from harness import machine
from harness.daemon.recycler import Recycler, Refused
from harness.processes import cpu_seconds, private_dirty
from harness.servers.lighttpd import Lighttpd
from harness.stage import Stage
from quickstart import shop
from quickstart.stand import CannotBeDone, Highest, Look

EXPECTED_ENDS = ("recycled", "stopped")


class Recycled:
    def __init__(self, stage: Stage, first_port: int, web_port: int):
        app = {"name": f"quickstart-{first_port}", "command": shop.COMMAND}
        self.recycler = Recycler(stage, shop.WORKERS, {"app": app, **_policy()}, first_port=first_port)
        self.recycler.start(seconds=60)
        self.web = Lighttpd(stage, self.recycler.addresses, port=web_port)
        self.special_requests = []
        self.highest = Highest()
        self.earlier_cpu = 0.0  # of controllers that were killed
        self.told = 0
        self.taken_out = None

    def enforces_limits(self) -> bool:
        return self.recycler.status()["cgroup"]["enforced"]

    def limitations(self) -> list[str]:
        return self.recycler.status()["limitations"]

    def look(self) -> Look | None:
        try:
            slots = self.recycler.status()["slots"]
        except Refused:  # between two controllers
            return None
        bloats = [slot[place]["memory"]["bloat"] or 0 for slot in slots for place in ("worker", "next") if slot[place]]
        return Look(max(bloats, default=0), sum(bloats))

    def news(self) -> list[str]:
        records = self.records()
        new, self.told = records[self.told:], len(records)
        return [f"{record['slot']}.{record['generation']} {record['verdict']}" for record in new
                if record["verdict"] not in EXPECTED_ENDS]

    def screen(self) -> str:
        try:
            return self.recycler.ctl("status")
        except Refused as refused:
            return refused.sentence

    def records(self) -> list[dict]:
        """Every end so far, oldest first; `at_unix` is its time as a number."""
        return [dict(end, at_unix=datetime.fromisoformat(end["at"].replace("Z", "+00:00")).timestamp())
                for end in self.recycler.ends()]

    def own_processes(self) -> list[int]:
        return [pid for pid in (self.recycler.process.pid, self.recycler.controller()) if pid]

    def own_cpu(self) -> float:
        return self.earlier_cpu + sum(map(cpu_seconds, self.own_processes()))

    def own_memory(self) -> int:
        return sum(map(private_dirty, self.own_processes()))

    def _slots(self) -> list[dict]:
        """Those that nobody is about to replace, the one with the smallest worker first."""
        slots = [slot for slot in self.recycler.status()["slots"] if self.recycler.serves(slot) and not slot["due"]]
        if not slots:
            raise CannotBeDone("every worker is being replaced just now")
        return sorted(slots, key=lambda slot: slot["worker"]["memory"]["bloat"] or 0)

    def kill_a_worker(self) -> tuple[str, int]:
        slots = self._slots()
        slot = next((slot for slot in slots if slot["worker"]["requests"]["in_flight"]), slots[0])
        pid = slot["worker"]["pid"]
        os.kill(pid, signal.SIGKILL)
        return f"{slot['slot']}.{slot['worker']['generation']}", pid

    def take_a_worker_out(self) -> str:
        slot = self._slots()[0]["slot"]
        try:
            self.recycler.ctl("drain", slot, "--no-wait")
        except Refused as refused:
            raise CannotBeDone(f"recyclerctl drain: {refused.sentence.strip()}") from refused
        self.taken_out = slot
        return f"recyclerctl drain {slot}: out of rotation, alive"

    def put_it_back(self) -> str:
        if not self.taken_out:
            raise CannotBeDone("recyclerctl open: nothing was drained")
        self.recycler.ctl("open", self.taken_out)
        return f"recyclerctl open {self.taken_out}: back again"

    def kill_the_supervisor(self) -> str:
        controller = self.recycler.controller()
        if controller is None:
            raise CannotBeDone("kill -9 of the controller: it is being started just now")
        self.earlier_cpu += cpu_seconds(controller)
        os.kill(controller, signal.SIGKILL)
        return f"kill -9 {controller}: Recycler's controller"


def _policy() -> dict:
    """The limits of the shop; where no cgroup can enforce them, memory is only watched."""
    memory = dict(shop.POLICY["memory"])
    if not machine.is_root() or machine.memory_controller() is None:
        memory["enforcement"] = "preferred"
    return {**shop.POLICY, "memory": memory}
