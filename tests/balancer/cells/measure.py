# SPDX-License-Identifier: MIT
"""One cell: first as many requests as show what is usual, then the same with a trigger, until there are recycles enough."""

import os
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass

from cells.cell import Cell
from harness import machine
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stage import Stage

WORKERS = 4
KEPT_WORKERS = 2  # and each has many more clients than it can serve at once
CLIENTS = 16
DEADLINE = 10  # seconds, of one answer
LEAK = 64  # KiB a request, where workers are retired by memory
# Between an answer and the next request, in ms: four workers are busy for four fifths of the time; the half where a cell takes
# minutes.
THINK = {False: "5-25", True: "20-60"}


@dataclass(frozen=True)
class Amounts:
    requests: int
    recycles: int
    most_lost: int = 30  # more tell nothing more
    seconds: float = 300  # after which a cell ends with what it has

    @property
    def a_life(self) -> int:
        """Requests of one worker, so that there are a few more recycles than are asked for."""
        return max(20, int(self.requests / self.recycles * 0.8))


def workers_of(cell: Cell) -> int:
    return KEPT_WORKERS if cell.keeps else WORKERS


def policy_of(stage: Stage, cell: Cell) -> dict:
    changes: dict = {"capacity": {"handover": cell.handover}, "app": {}}
    if cell.keeps:
        changes["app"]["keep_connections"] = "auto"
    if cell.sockets == "unix":
        stage.path("s").mkdir(mode=0o755)
        changes["app"] |= {"listen": f"unix:{stage.path('s')}/%s.sock", "workers": workers_of(cell), "socket_mode": "0666"}
    if cell.program == "PHP":
        machine.need_program("php-cgi")
        changes["app"] |= {"command": ["/usr/bin/php-cgi"],
                           "environment": {"PHP_FCGI_CHILDREN": str(cell.threads), "PHP_FCGI_MAX_REQUESTS": "0"}}
    elif cell.threads > 1:
        changes["app"]["command"] = [str(machine.TEST_PROGRAMS / "app"), "--threads", str(cell.threads)]
    if cell.trigger == "memory":
        machine.need_memory_cgroup()
        changes["memory"] = {"max": "512MiB"}
    return changes


def addresses_of(recycler: Recycler, cell: Cell) -> list:
    """(127.0.0.1, port) pairs, or paths."""
    if cell.sockets == "unix":
        return [slot["address"].removeprefix("unix:") for slot in recycler.status()["slots"]]
    return recycler.addresses


def trigger_of(cell: Cell, amounts: Amounts) -> dict:
    if cell.trigger == "requests":
        return {"recycle": {"requests": amounts.a_life}}
    if cell.trigger == "memory":
        return {"recycle": {"memory": f"{1024 + amounts.a_life * LEAK}KiB"}}
    return {}


class Operator(threading.Thread):
    """Asks for a recycle of all slots, again and again, at the pace at which requests are answered."""

    def __init__(self, recycler: Recycler, a_life: int):
        super().__init__(daemon=True)
        self.recycler, self.a_life = recycler, a_life
        self.answered = 0  # set by whoever looks at the load
        self.over = threading.Event()
        self.fault: str | None = None

    def run(self) -> None:
        rounds = 0
        while not self.over.is_set():
            if self.answered < rounds * self.a_life * self.recycler.count:
                self.over.wait(0.05)
                continue
            rounds += 1
            try:
                self.recycler.ctl("recycle", "all", seconds=120)
            except (Refused, subprocess.TimeoutExpired) as fault:
                # Where requests starve no drain comes to its end.
                self.fault = None if self.over.is_set() else str(fault)
                return

    def end(self) -> None:
        self.over.set()
        self.join()
        assert self.fault is None, self.fault


def path_of(cell: Cell) -> str:
    return "/app.php" if cell.program == "PHP" else "/app"


def balancer_for(stage: Stage, cell: Cell, addresses: list) -> Balancer:
    port = machine.free_ports(1)
    settings = snippets.SETTINGS[cell.settings](cell.balancer, addresses, port)
    if cell.program == "PHP":
        settings = snippets.with_scripts(cell.balancer, settings, machine.TEST_PROGRAMS)
    return Balancer(stage, cell.balancer, settings, port)


def load(stage: Stage, web: Balancer, cell: Cell, **amount) -> Load:
    query = f"sleep=0-8&leak={LEAK}" if cell.trigger == "memory" else "sleep=0-8"
    return Load(stage, web.url + path_of(cell), connections=CLIENTS, post=30, query=query, think=THINK[cell.slow],
                deadline=DEADLINE, **amount)


def latencies(summary: dict) -> dict:
    return {"failures": lost(summary), "requests": summary["answered"] + summary["missing"],
            **{f"{name}_ms": summary["latency_ms"][name] for name in ("p50", "p99", "max")}, "faults": summary["faults"]}


def recycles_of(recycler: Recycler, cell: Cell) -> int:
    return recycler.status()["totals"]["recycles"].get(cell.trigger, 0)


def until_enough(recycler: Recycler, cell: Cell, client: Load, amounts: Amounts) -> dict:
    """The summary of the load, which has ended."""
    operator = Operator(recycler, amounts.a_life)
    if cell.trigger == "operator":
        operator.start()
    ends = time.monotonic() + amounts.seconds

    def enough() -> bool:
        seen = client.latest()
        operator.answered = seen["answered"] if seen else 0
        if seen is None or operator.fault:
            return operator.fault is not None
        whole = seen["answered"] >= amounts.requests and recycles_of(recycler, cell) >= amounts.recycles
        return whole or lost(seen) > amounts.most_lost or time.monotonic() > ends
    wait_until(enough, amounts.seconds + 60, "there are requests and recycles enough", every=0.25)
    operator.over.set()
    summary = client.end()
    if cell.trigger == "operator":
        operator.end()
    return summary


def ends_of(recycler: Recycler) -> dict:
    return dict(Counter(record["verdict"] for record in recycler.ends()))


def measure(cell: Cell, amounts: Amounts) -> dict:
    """The row of the cell."""
    with Stage() as stage:
        recycler = Recycler(stage, workers_of(cell), policy_of(stage, cell)).start()
        web = balancer_for(stage, cell, addresses_of(recycler, cell))
        usual = load(stage, web, cell, requests=max(500, amounts.requests * 3 // 10)).result()
        recycler.write_policy(trigger_of(cell, amounts))
        recycler.ctl("reload")
        began = time.monotonic()
        client = load(stage, web, cell, duration=amounts.seconds + 60, progress=0.2)
        summary = until_enough(recycler, cell, client, amounts)
        row = {"cell": cell.name, **latencies(summary), "recycles": recycles_of(recycler, cell),
               "seconds": round(time.monotonic() - began, 1), "baseline": latencies(usual), "ends": ends_of(recycler),
               "kernel": os.uname().release}
        return row
