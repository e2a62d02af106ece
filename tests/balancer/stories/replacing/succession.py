# SPDX-License-Identifier: MIT
"""A worker dies while its successor boots: the slot is back after what is left of that boot, and not after a whole one."""

import os
import signal
import time

from harness import machine
from harness.clients.load import Load, in_words, lost
from harness.daemon.handover_spans import unix_time
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()

BOOT = 4.0
APP = {"command": [str(machine.TEST_PROGRAMS / "app"), "--at-start", f"sleep={BOOT * 1000:.0f}"]}


def amid_overlap(stage, count: int, unix: bool) -> Recycler:
    """The first slot's successor has begun to boot, and a third of that is over."""
    folder = stage.path("s") if unix else None
    if folder:
        folder.mkdir(mode=0o755)
    app = APP | ({"socket_mode": "0666"} if unix else {})
    recycler = Recycler(stage, count, {"app": app, "start": {"timeout": "60s"}, "capacity": {"handover": "overlap"}},
                        sockets=folder).start(60)
    return recycler


def await_a_third(recycler: Recycler, slot: str) -> float:
    """When the boot began."""
    recycler.ctl("recycle", slot, "--no-wait")
    wait_until(lambda: recycler.slot(slot)["next"], 20, "the successor boots")
    began = time.time()
    wait_until(lambda: time.time() > began + BOOT / 3, BOOT, "a third of the boot is over")
    return began


def tell_killed(stage, count: int, unix: bool = False, controller_too: bool = False):
    machine.need_root()
    if count > 1:
        machine.need_gates()
    recycler = amid_overlap(stage, count, unix)
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=120, connections=4, post=30, query="sleep=0-5", deadline=60)
    (slot, *_) = recycler.slots
    victim = recycler.slot(slot)["worker"]["pid"]
    began = await_a_third(recycler, slot)
    if controller_too:
        os.kill(recycler.controller(), signal.SIGKILL)
    os.kill(victim, signal.SIGKILL)
    killed = time.time()

    def ready() -> dict | None:
        return next((line for line in recycler.report() if line.get("event") == "ready"
                     and (line["slot"], line["generation"]) == (slot, 2)), None)
    back = unix_time(wait_until(ready, 30, "the successor serves")) - killed
    wait_until(recycler.all_serving, 30, "nothing of the dead one is left")
    gates = [line["event"] for line in recycler.report() if line.get("event") in ("gate-closed", "gate-opened") and line["slot"] == slot]
    summary = client.end()
    recycler.wait_recorded()
    ends = [(end["generation"], end["verdict"]) for end in recycler.ends()]
    figures = (f"killed {killed - began:.1f} s into a boot of {BOOT:g} s, back after {back:.1f} s; gate {gates}; "
               f"ends {ends}; {in_words(summary)}")
    assert recycler.slot(slot)["worker"]["generation"] == 2, figures
    assert back < BOOT - (killed - began) + 1, figures
    assert lost(summary) <= 1, figures  # that which the dead one had
    assert ends[0] == (1, "killed"), figures
    # Who waited behind the dead one is served by one more worker, which is retired then.
    assert {verdict for _, verdict in ends[1:]} <= {"recycled"}, figures
    assert gates == (["gate-closed", "gate-opened"] if count > 1 and not controller_too else []), figures
    return figures


STORIES.add("a worker that is killed while its successor boots is followed by that one after the rest of the boot",
            tell_killed, count=2)
STORIES.add("the only worker that is killed while its successor boots is followed by that one, and who waits is served",
            tell_killed, count=1)
STORIES.add("on a unix socket a worker that is killed while its successor boots is followed by that one", tell_killed, count=2, unix=True)
STORIES.add("a worker that is killed together with the controller while its successor boots is followed by that one",
            tell_killed, count=1, controller_too=True)
