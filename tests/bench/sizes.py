# SPDX-License-Identifier: MIT
"""What the supervisor itself takes for 20, 200 and 1,000 workers: memory, processor time, time to start, adopt and stop."""

import os
import signal
import threading
import time

from harness import machine
from harness.clients.fastcgi import ask
from harness.processes import private_dirty, wait_until
from harness.stories import Collection
from rates import cpu_nanoseconds
from stories.replacing.scale import tiny

STORIES = Collection()

MIB = 1 << 20
SECONDS = 15
LIGHT = 100  # requests a second, over all workers


def both(recycler) -> dict[str, int]:
    return {"controller": recycler.controller(), "keeper": recycler.process.pid}


def percent_of_a_core(recycler, during) -> dict[str, float]:
    pids = both(recycler)
    before, began = {name: cpu_nanoseconds(pid) for name, pid in pids.items()}, time.monotonic()
    during()
    elapsed = time.monotonic() - began
    return {name: (cpu_nanoseconds(pid) - before[name]) / elapsed / 1e7 for name, pid in pids.items()}


def idle() -> None:
    threading.Event().wait(SECONDS)


def asked_lightly(recycler) -> None:
    until, number = time.monotonic() + SECONDS, 0
    begun = time.monotonic()
    while time.monotonic() < until:
        assert ask(recycler.addresses[number % recycler.count]) is not None
        number += 1
        threading.Event().wait(max(0, begun + number / LIGHT - time.monotonic()))


def timed(deed) -> float:
    began = time.monotonic()
    deed()
    return time.monotonic() - began


def adopt(recycler) -> None:
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 60, "adopted")


def sized(stage, count: int) -> dict:
    recycler = tiny(stage, count)
    row = {"workers": count, "start": timed(lambda: recycler.start(seconds=120)),
           "status": timed(lambda: recycler.ctl("status")), "json": timed(lambda: recycler.ctl("--json", "status"))}
    threading.Event().wait(2 * SECONDS / 3)  # places ahead are made, first looks are over
    row["idle"] = percent_of_a_core(recycler, idle)
    row["light"] = percent_of_a_core(recycler, lambda: asked_lightly(recycler))
    row["dirty"] = {name: private_dirty(pid) / MIB for name, pid in both(recycler).items()}
    row["adopt"] = timed(lambda: adopt(recycler))
    row["stop"] = timed(lambda: recycler.stop(120))
    return row


def in_words(row: dict) -> str:
    two = lambda key, form: " + ".join(format(row[key][name], form) for name in ["controller", "keeper"])
    return (f"{row['workers']:>5} workers: controller + keeper: memory {two('dirty', '.2f')} MiB, idle {two('idle', '.3f')} %, at "
            f"{LIGHT} requests/s {two('light', '.3f')} % of a core; start {row['start']:.2f} s, status "
            f"{row['status'] * 1000:.0f} ms (JSON {row['json'] * 1000:.0f}), adopted after kill -9 in {row['adopt']:.2f} s, stop {row['stop']:.2f} s")


def tell_sizes(stage) -> str:
    machine.need_root()
    machine.need_descriptors(20_000)
    rows = [sized(stage, count) for count in [20, 200, 1000]]
    figures = "\n".join(map(in_words, rows)) + "\nbounds: 64 MiB, 5 % for 1,000 workers; 0.1 % idle for 20"
    assert sum(rows[-1]["dirty"].values()) < 64, figures
    assert sum(rows[-1]["idle"].values()) < 5 and sum(rows[-1]["light"].values()) < 5, figures
    assert rows[0]["idle"]["controller"] < 0.1, figures
    return figures


STORIES.add("what the supervisor of 20, 200 and 1,000 workers takes", tell_sizes)
