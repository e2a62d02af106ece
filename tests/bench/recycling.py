# SPDX-License-Identifier: MIT
"""What replacing a worker costs: the same program replaced after 300 requests by Recycler and by multiwatch, asked in turns through
nginx. multiwatch waits for the end of a worker and starts the next one; Recycler starts the next one beside it."""

import os
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from typing import Callable

from figures import in_pairs
from harness import machine
from harness.clients.load import Load, lost
from harness.daemon.recycler import CONTROLLER_NAME, Recycler
from harness.processes import children_of, name_of
from harness.stories import Collection
from peers import EACH, multiwatch, nginx_url, watched
from rates import APP, PHP, cpu_nanoseconds

STORIES = Collection()

PAIRS = 20
ASKED = 6_000
TICK = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """`rate`: requests/s. The rest: ms of processor time for each EACH requests."""
    rate: float
    controller: float
    keeper: float
    workers: float
    nginx: float


def _with_reaped(pid: int) -> float:
    """ms of the process, of its children that it has waited for, and of those that live."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    living = 0.0
    for child in children_of(pid):
        try:
            living += _with_reaped(child)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it shows as waited for in the next turn
    return sum(map(int, fields[11:15])) * TICK + living


class Side:
    """Workers under somebody who replaces them, behind an nginx of their own."""

    def __init__(self, stage, start: Callable, script: str):
        before = set(children_of(os.getpid()))
        started = start(stage)
        self.app = started if isinstance(started, Recycler) else None
        self.url = nginx_url(stage, self.app.addresses if self.app else started) + script
        began = set(children_of(os.getpid())) - before
        self.balancers = [pid for pid in began if name_of(pid) == "nginx"]
        self.spawners = sorted(began - set(self.balancers))
        self.controllers = [child for pid in self.spawners for child in children_of(pid) if name_of(child) == CONTROLLER_NAME]
        self.stage, self.turns = stage, 0
        self.ask()  # nginx and the first workers are warm afterwards

    def _used(self) -> Took:
        keeper, controller = (sum(map(cpu_nanoseconds, pids)) / 1e6 for pids in [self.spawners, self.controllers])
        everything, nginx = (sum(map(_with_reaped, pids)) for pids in [self.spawners, self.balancers])
        return Took(0, controller, keeper, everything - controller - keeper, nginx)

    def requests_of_a_worker(self) -> float:
        """How many each has answered that was replaced; those that serve count for a half."""
        if not self.app:
            return EACH
        slots = self.app.status()["slots"]
        return self.turns * ASKED / (sum(slot["worker"]["generation"] for slot in slots) - len(slots) / 2)

    def ask(self) -> Took:
        before, self.turns = self._used(), self.turns + 1
        summary = Load(self.stage, self.url, requests=ASKED, connections=8).result(120)
        assert lost(summary) == 0, summary
        after = self._used()
        def took(what: str) -> float:
            return (getattr(after, what) - getattr(before, what)) * EACH / ASKED
        return Took(ASKED / summary["seconds"], *map(took, ["controller", "keeper", "workers", "nginx"]))


def interval(values: list[float], sure: float = 0.95) -> tuple[float, float]:
    """Two of the values between which the median of all there could be lies with at least that probability, however they are
    spread (order statistics)."""
    values, count = sorted(values), len(values)
    outside, left_out = 1.0, 0
    while (outside := sum(comb(count, i) for i in range(left_out + 1)) / 2 ** (count - 1)) <= 1 - sure:
        left_out += 1
    assert left_out > 0, f"{count} values are too few"
    return values[left_out - 1], values[-left_out]


def tell(stage, ours: Callable, theirs: Callable, script: str, bound: float) -> str:
    with stage.__class__() as place:  # a stage of their own: files are named alike
        recycled, watched_ones = Side(stage, ours, script), Side(place, theirs, script)
        pairs = in_pairs(PAIRS, recycled.ask, watched_ones.ask)
        answered = recycled.requests_of_a_worker()
    ratios = [one.rate / other.rate for one, other in pairs]
    low, high = interval(ratios)
    def typical(side: int, what: str) -> float:
        return median(getattr(pair[side], what) for pair in pairs)
    lines = [f"recycler {typical(0, 'rate'):.0f} requests/s, multiwatch {typical(1, 'rate'):.0f}; {PAIRS} pairs of {ASKED} requests, "
             f"ratio median {median(ratios):.3f} (bound {bound}), with 95 % between {low:.3f} and {high:.3f}; a worker of Recycler's "
             f"answered {answered:.0f}, of multiwatch's {EACH}"]
    for side, name in enumerate(["recycler", "multiwatch"]):
        supervisors = f"keeper {typical(side, 'keeper'):.2f}, controller {typical(side, 'controller'):.2f}" if side == 0 \
            else f"multiwatch {typical(side, 'keeper'):.2f}"
        lines.append(f"processor time for each {EACH} requests, ms: {supervisors}, workers with their starts "
                     f"{typical(side, 'workers'):.1f}, nginx {typical(side, 'nginx'):.1f}")
    figures = "\n".join(lines)
    assert median(ratios) >= bound, figures
    return figures


def recycled(stage, command: list) -> Recycler:
    # php-cgi as policies/examples/php.toml has it: by itself it would leave after 500, in the middle of a late handover.
    policy = {"app": {"command": command, "environment": {"PHP_FCGI_MAX_REQUESTS": "0"}},
              "recycle": {"requests": EACH, "spread": "0%"}, "capacity": {"handover": "overlap"}}
    return Recycler(stage, 2, policy).start()


def php(stage) -> Recycler:
    machine.need_program("php-cgi")
    return recycled(stage, PHP)


def c(stage) -> Recycler:
    return recycled(stage, APP)


def c_under_multiwatch(stage) -> list:
    return watched(stage, [*APP, "--leaves-after", str(EACH)])


STORIES.add("what replacing PHP workers after 300 requests takes, beside multiwatch", tell, ours=php, theirs=multiwatch,
            script="/app.php", bound=1.0)
STORIES.add("what replacing C workers after 300 requests takes, beside multiwatch", tell, ours=c, theirs=c_under_multiwatch,
            script="/app", bound=0.9)
