# SPDX-License-Identifier: MIT
"""A thousand workers in one app: one supervisor starts, shows, replaces, adopts and stops them."""

import os
import signal
import time

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.processes import private_dirty, wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20
COUNT = 1000
DESCRIPTORS = 20_000  # what a daemon with so many workers opens, and some


def tiny(stage, count: int) -> Recycler:
    """`count` of the smallest workers there are, every trigger armed and none near."""
    memory = {"max": "256MiB"} if machine.is_root() and machine.memory_controller() else {}
    triggers = {"memory": "200MiB", "requests": 1_000_000, "age": "12h", "hung": "360s"}
    return Recycler(stage, count, {"app": {"command": [str(machine.TEST_PROGRAMS / "loop")]}, "memory": memory,
                                   "recycle": triggers})


@story
def a_thousand_workers_serve_under_one_supervisor_and_are_adopted_and_stopped(stage):
    machine.need_root()
    machine.need_descriptors(DESCRIPTORS)
    recycler = tiny(stage, COUNT).start(seconds=120)
    shown = recycler.ctl("status")
    missing = [slot for slot in recycler.slots if slot not in shown]
    assert not missing, f"not in the table: {missing}"
    dirty = private_dirty(recycler.controller()) / MIB
    assert dirty < 64, f"the controller wrote {dirty:.1f} MiB of memory"

    before = set(recycler.worker_pids())
    recycler.ctl("recycle", recycler.slots[COUNT // 2])
    workers = set(recycler.worker_pids())
    assert len(workers) == COUNT and len(workers - before) == 1, f"{len(workers - before)} workers are new after one recycle"

    controller = recycler.controller()
    began = time.monotonic()
    os.kill(controller, signal.SIGKILL)
    wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 60, "the next one adopted them")
    adopted = time.monotonic() - began
    assert set(recycler.worker_pids()) == workers, "other workers than before"
    for address in recycler.addresses[::97]:
        assert ask(address) is not None
    assert "controller-replaced" in {event["event"] for event in recycler.events()}
    began = time.monotonic()
    assert recycler.stop(120) == 0
    return (f"{COUNT} workers, {dirty:.1f} MiB of memory; all back {adopted:.1f} s after the controller was killed, "
            f"stopped in {time.monotonic() - began:.1f} s")
