# SPDX-License-Identifier: MIT
"""What Recycler costs a request: the same worker under it and under plain spawn-fcgi, asked in turns, directly on its port."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Callable

from harness import machine
from harness.daemon.recycler import Recycler
from harness.ports import is_listened_on
from harness.processes import Process, children_of, wait_until
from harness.servers.spawner import spawn
from harness.stories import Collection

STORIES = Collection()

# Where its pages happen to lie makes one process faster than its twin by some percent for all its life, so every round has new
# ones; and a pair is two short turns side by side, because what else the machine does comes and goes.
ROUNDS = 8
TURNS = 8
MILLISECONDS = 250
APP = [str(machine.TEST_PROGRAMS / "app")]
PHP = ["/usr/bin/php-cgi"]
# By itself it leaves after 500 requests.
LASTING_PHP = ["/usr/bin/env", "PHP_FCGI_MAX_REQUESTS=100000000", *PHP]
PHP_SCRIPT = str(machine.TEST_PROGRAMS / "app.php")
# The recorder is what LD_PRELOAD names.
UNRECORDED = ["/usr/bin/env", "-u", "LD_PRELOAD"]


def cpu_nanoseconds(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


@dataclass(frozen=True)
class Turn:
    rate: float  # requests/s
    p50: float  # us
    cpu: float  # of the worker, us a request


class Side:
    """A worker that is asked. `renew` puts a new one in its place, and tells its port and processes."""

    def __init__(self, renew: Callable[[], tuple[int, list[int]]], script: str = "/app"):
        self.renew, self.script = renew, script

    def begin_round(self) -> None:
        self.port, self.pids = self.renew()
        self.ask()  # it is warm afterwards

    def ask(self, milliseconds: int = MILLISECONDS) -> Turn:
        before = sum(map(cpu_nanoseconds, self.pids))
        done = subprocess.run([machine.TEST_PROGRAMS / "direct_load", str(self.port), str(milliseconds), self.script],
                              capture_output=True, text=True, check=True)
        seen = json.loads(done.stdout)
        assert seen["requests"] > 0 and seen["wrong"] == 0, f"port {self.port}: {seen}"
        return Turn(seen["requests"] / seen["seconds"], seen["p50_us"],
                    (sum(map(cpu_nanoseconds, self.pids)) - before) / seen["requests"] / 1000)


def recycled(stage, command: list, script: str, seccomp: str = "default", isolate: bool = False) -> Side:
    policy = {"sandbox": {"seccomp": seccomp, "isolate": isolate}, "app": {"command": command},
              "recycle": {"requests": 10_000_000, "age": "12h", "hung": "360s"}}
    recycler = Recycler(stage, 1, policy).start()
    def renew():
        recycler.ctl("recycle", "all")
        return recycler.first_port, recycler.worker_pids()
    return Side(renew, script)


def spawned(stage, command: list, script: str) -> Side:
    running = []
    def renew():
        for worker in running:
            worker.stop()
        port = machine.free_ports(1)
        running[:] = [spawn(stage, ("127.0.0.1", port), command)]
        return port, [running[0].pid]
    return Side(renew, script)


def fpm(stage, port: int, changes: str = "") -> Process:
    """php-fpm with a static pool on the port, once it listens."""
    program = next(iter(sorted(Path("/usr/sbin").glob("php-fpm*"))), None)
    if program is None:
        raise machine.Skip("php-fpm is not installed")
    config = stage.path(f"fpm-{port}.conf")
    config.write_text(f"[global]\nerror_log = {stage.path('fpm.log')}\ndaemonize = no\n[www]\nuser = {machine.worker_user()}\n"
                      f"listen = 127.0.0.1:{port}\npm = static\npm.max_children = 1\n{changes}\n")
    process = stage.start([program, "-F", "-y", config], f"php-fpm-{port}")
    wait_until(lambda: is_listened_on(port) and children_of(process.pid), 10, f"php-fpm listens: {process.output()}")
    return process


def fpm_side(stage) -> Side:
    port = machine.free_ports(1)
    process = fpm(stage, port)
    def renew():
        old = set(children_of(process.pid))
        for pid in old:
            os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: len(set(children_of(process.pid)) - old) == 1, 10, "php-fpm has another child")
        return port, list(set(children_of(process.pid)) - old)
    return Side(renew, PHP_SCRIPT)


def compare(sides: list[Side], plain: Side) -> list[list[tuple[Turn, Turn]]]:
    """Of each side its turns, each with the one of `plain` beside it, before or after by turns."""
    pairs = [[] for _ in sides]
    for turn in range(ROUNDS * TURNS):
        if turn % TURNS == 0:
            for side in [*sides, plain]:
                side.begin_round()
        for side, found in zip(sides, pairs):
            if turn % 2 == 0:
                found.append((side.ask(), plain.ask()))
            else:
                other = plain.ask()
                found.append((side.ask(), other))
    return pairs


def ratio(pairs: list[tuple[Turn, Turn]], what: str) -> float:
    return median(getattr(one, what) / getattr(other, what) for one, other in pairs)


def in_words(name: str, pairs: list[tuple[Turn, Turn]]) -> str:
    turns = [one for one, _ in pairs]
    rate, p50, cpu = (median(getattr(turn, what) for turn in turns) for what in ("rate", "p50", "cpu"))
    return (f"{name}: {rate:.0f} requests/s, p50 {p50:.0f} us, {cpu:.1f} us of a core each; "
            f"rate x {ratio(pairs, 'rate'):.3f}, processor time x {ratio(pairs, 'cpu'):.3f}")


def tell(sides: dict[str, Side], plain: Callable[[], Side], bound: float) -> str:
    """The first one against `bound`. What a second plain one shows beside the first is what the measurement is worth."""
    sides = {**sides, "spawn-fcgi once more": plain()}
    pairs = dict(zip(sides, compare(list(sides.values()), plain())))
    figures = "\n".join([*(in_words(name, found) for name, found in pairs.items()),
                         f"against spawn-fcgi, medians of {ROUNDS * TURNS} pairs of {MILLISECONDS} ms with new workers every "
                         f"{TURNS}; bound of the first {bound}"])
    assert ratio(pairs[next(iter(sides))], "rate") >= bound, figures
    return figures


def tell_c(stage) -> str:
    machine.need_program("spawn-fcgi")
    return tell({"recycler": recycled(stage, APP, "/app"),
                 "recycler, no recorder": recycled(stage, [*UNRECORDED, *APP], "/app"),
                 "recycler, no filter": recycled(stage, APP, "/app", seccomp="off")},
                lambda: spawned(stage, APP, "/app"), 0.98)


def tell_php(stage) -> str:
    machine.need_program("spawn-fcgi")
    machine.need_program("php-cgi")
    return tell({"recycler": recycled(stage, LASTING_PHP, PHP_SCRIPT),
                 "recycler, no recorder": recycled(stage, [*UNRECORDED, *LASTING_PHP], PHP_SCRIPT),
                 "recycler, no filter": recycled(stage, LASTING_PHP, PHP_SCRIPT, seccomp="off"),
                 "php-fpm": fpm_side(stage)},
                lambda: spawned(stage, LASTING_PHP, PHP_SCRIPT), 0.99)


STORIES.add("how many requests a C worker answers, beside spawn-fcgi", tell_c)
STORIES.add("how many requests a PHP worker answers, beside spawn-fcgi", tell_php)
