# SPDX-License-Identifier: MIT
"""The figures that are promised, each measured within one run, so that what else the machine does hits both sides alike."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recorder_page import RecorderPage
from harness.daemon.recycler import Recycler
from harness.processes import private_dirty, wait_until
from harness.servers.spawner import Multiwatch
from harness.stories import Collection
from process_events import EXEC, EXIT, FORK, ProcessEvents
from rates import APP, LASTING_PHP, PHP_SCRIPT, Side, Turn, cpu_nanoseconds, recycled

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20
# A benchmark kills more often than any crash loop; so many starts wait for no turn (recycler/slots/failing/start_rate.hpp).
UNBRAKED = {"burst": 1000, "within": "1s"}
KILLS = 15
# Every trigger armed, and none of them near.
ALL_TRIGGERS = {"memory": "80%", "requests": 100_000, "age": "12h", "hung": "360s"}


def limited() -> dict:
    return {"max": "256MiB"} if machine.is_root() and machine.memory_controller() else {}


def seconds_until_another_answers(address, pid: int) -> float:
    """kill -9 of the idle worker `pid`, and the time until another one has answered."""
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while True:
        try:
            words = ask(address)
        except ConnectionRefusedError:
            continue
        if words is not None and int(words["pid"]) != pid:
            return time.monotonic() - began


@story
def how_long_until_a_killed_lone_worker_is_replaced_beside_a_plain_respawner(stage):
    plain = Multiwatch(stage)
    recycler = Recycler(stage, 1, {"restart": UNBRAKED, "memory": limited()}).start()
    ours, theirs = [], []
    for _ in range(KILLS):
        for address, times in [(recycler.addresses[0], ours), (plain.address, theirs)]:
            pid = int(ask(address)["pid"])  # idle again once this is answered
            times.append(seconds_until_another_answers(address, pid) * 1000)
    ratio = median(ours) / median(theirs)
    figures = (f"kill -9 to the next answer, {KILLS} pairs: recycler {median(ours):.2f} ms (worst {max(ours):.2f}), multiwatch "
               f"{median(theirs):.2f} ms (worst {max(theirs):.2f}), ratio {ratio:.2f} (bound 1.5)")
    assert ratio <= 1.5, figures
    return figures


@dataclass(frozen=True)
class Replacement:
    """Milliseconds after a worker's exit."""
    forked: float
    executed: float


def replacement_after_kill(events: ProcessEvents, parent: int, worker: int) -> Replacement:
    os.kill(worker, signal.SIGKILL)
    exit_at = events.wait(lambda event: event.what == EXIT and event.process == worker, 5).at
    fork = events.wait(lambda event: event.what == FORK and event.process == parent and event.child != 0, 5)
    exec_at = events.wait(lambda event: event.what == EXEC and event.process == fork.child, 5).at
    return Replacement((fork.at - exit_at) * 1000, (exec_at - exit_at) * 1000)


@story
def how_long_until_a_replacement_runs_its_program_beside_a_plain_respawner(stage):
    machine.need_root()
    plain = Multiwatch(stage)
    recycler = Recycler(stage, 1, {"restart": UNBRAKED, "memory": limited()}).start()
    ours, theirs = [], []
    with ProcessEvents() as events:
        for _ in range(KILLS):
            for address, parent, times in [(recycler.addresses[0], recycler.process.pid, ours),
                                           (plain.address, plain.process.pid, theirs)]:
                times.append(replacement_after_kill(events, parent, int(ask(address)["pid"])))
    executed, yardstick = [time.executed for time in ours], median(time.executed for time in theirs)
    # A machine on which even a bare fork and exec takes that long is busy with something else.
    bound = max(1.0, 2 * yardstick)
    figures = (f"exit to exec, {KILLS} pairs: recycler median {median(executed):.2f} ms (bound {bound:.2f}), worst "
               f"{max(executed):.2f}, of that to fork {median(time.forked for time in ours):.2f}; multiwatch median "
               f"{yardstick:.2f} ms")
    assert median(executed) < bound, figures
    return figures


@story
def what_the_supervisor_of_twenty_idle_workers_takes(stage):
    memory = limited()
    triggers = ALL_TRIGGERS if memory else {**ALL_TRIGGERS, "memory": "200MiB"}
    recycler = Recycler(stage, 20, {"memory": memory, "recycle": triggers}).start()
    for address in recycler.addresses * 5:
        assert ask(address) is not None
    both = {"keeper": recycler.process.pid, "controller": recycler.controller()}
    before = {name: cpu_nanoseconds(pid) for name, pid in both.items()}
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began >= 60, 70, "sixty idle seconds", every=1)
    elapsed = time.monotonic() - began
    percent = {name: (cpu_nanoseconds(pid) - before[name]) / elapsed / 1e7 for name, pid in both.items()}
    dirty = {name: private_dirty(pid) / MIB for name, pid in both.items()}
    figures = (f"20 workers, {elapsed:.0f} s idle, all triggers armed: keeper {percent['keeper']:.4f} %, controller "
               f"{percent['controller']:.4f} % of a core (together below 0.2); private memory written: keeper "
               f"{dirty['keeper']:.2f} MiB (below 1), controller {dirty['controller']:.2f} MiB (below 12)")
    assert sum(percent.values()) < 0.2, figures
    assert dirty["keeper"] < 1 and dirty["controller"] < 12, figures
    return figures


def asked_directly(recycler: Recycler) -> Side:
    """Its one worker, warm."""
    side = Side(lambda: (recycler.first_port, recycler.worker_pids()))
    side.begin_round()
    return side


def in_pairs(count: int, first, second) -> list[tuple[Turn, Turn]]:
    """A turn of each, who begins changing from pair to pair."""
    pairs = []
    for number in range(count):
        if number % 2 == 0:
            one, other = first(), second()
        else:
            other, one = second(), first()
        pairs.append((one, other))
    return pairs


def compared(pairs: list[tuple[Turn, Turn]], what: str) -> tuple[float, float, list[float]]:
    """The medians of both sides, and the quartiles of the ratios."""
    ones, others = ([getattr(turn, what) for turn in side] for side in zip(*pairs))
    return median(ones), median(others), quantiles([one / other for one, other in zip(ones, others)], n=4)


@story
def what_the_filter_of_system_calls_takes_of_the_request_rate(stage):
    filtered, free = (asked_directly(Recycler(stage, 1, {"sandbox": {"seccomp": name}}).start()) for name in ["default", "off"])
    pairs = in_pairs(60, lambda: filtered.ask(100), lambda: free.ask(100))
    with_it, without, ratios = compared(pairs, "rate")
    cost, cost_without, _ = compared(pairs, "cpu")
    figures = (f"{with_it:.0f} requests/s with the default profile, {without:.0f} without; {len(pairs)} pairs of 100 ms, ratio "
               f"median {ratios[1]:.3f} (bound 0.9), quartiles {ratios[0]:.3f} and {ratios[2]:.3f}; the worker's processor "
               f"time {cost:.1f} and {cost_without:.1f} us a request")
    assert ratios[1] >= 0.9, figures
    return figures


def tell_isolation(stage, command: list, script: str) -> str:
    """PHP opens its script for each request, which a domain of Landlock looks at; a C worker opens nothing."""
    if not Path(command[-1]).exists():
        raise machine.Skip(f"{command[-1]} is not installed")
    isolated, together = (recycled(stage, command, script, isolate=isolate) for isolate in [True, False])
    isolated.begin_round()
    together.begin_round()
    pairs = in_pairs(60, lambda: isolated.ask(100), lambda: together.ask(100))
    with_it, without, ratios = compared(pairs, "rate")
    cost, cost_without, _ = compared(pairs, "cpu")
    figures = (f"{with_it:.0f} requests/s in isolation, {without:.0f} without; {len(pairs)} pairs of 100 ms, ratio median "
               f"{ratios[1]:.3f} (bound 0.9), quartiles {ratios[0]:.3f} and {ratios[2]:.3f}; the worker's processor time "
               f"{cost:.1f} and {cost_without:.1f} us a request")
    assert ratios[1] >= 0.9, figures
    return figures


STORIES.add("what isolation takes of the request rate of a C worker", tell_isolation, command=APP, script="/app")
STORIES.add("what isolation takes of the request rate of a PHP worker", tell_isolation, command=LASTING_PHP, script=PHP_SCRIPT)


def tell_measuring(stage) -> str:
    worker = asked_directly(Recycler(stage, 1).start())
    with RecorderPage(worker.pids[0]) as page:
        def turn(measuring: bool) -> Turn:
            page.measure(measuring)
            return worker.ask(50)
        # So many that chance moves their median by half a percent at most.
        pairs = in_pairs(600, lambda: turn(True), lambda: turn(False))
    with_it, without, ratios = compared(pairs, "cpu")
    figures = (f"{with_it:.2f} us a request with measuring, {without:.2f} without; {len(pairs)} pairs of 50 ms, ratio "
               f"median {ratios[1]:.3f} (bound 1.02), quartiles {ratios[0]:.3f} and {ratios[2]:.3f}")
    assert ratios[1] <= 1.02, figures
    return figures


STORIES.add("what measuring requests takes of a C worker's processor time", tell_measuring)
