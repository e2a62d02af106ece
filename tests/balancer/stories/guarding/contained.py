# SPDX-License-Identifier: MIT
"""Somebody else sorts the machine's processes into cgroups, or tidies them away: workers come back to where their limits hold."""

import os
import signal
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.clients.load import Load, in_words, lost
from harness.daemon.recycler import Recycler
from harness.memory import cgroups_of, memory_directory
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.dying.outages import next_controller
from stories.replacing.handovers import settled

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20


def inside(recycler: Recycler, slot: str) -> bool:
    worker = recycler.slot(slot)["worker"]
    procs = memory_directory(worker["cgroup"]) / "cgroup.procs"
    return procs.exists() and str(worker["pid"]) in procs.read_text().split()


def unwatched(recycler: Recycler) -> Recycler:
    """Its controller may stand still for as long as the story needs."""
    recycler.environment["RECYCLER_WATCHDOG"] = "0"
    return recycler


def told(recycler: Recycler, event: str = "uncontained") -> list[dict]:
    return [line for line in recycler.events() if line["event"] == event]


def move_out(pid: int, cgroup: str) -> None:
    """To where the app's whole tree stands."""
    above = memory_directory(cgroup).parents[2]
    (above / "cgroup.procs").write_text(str(pid))


@story
def a_worker_that_was_moved_out_of_its_cgroup_is_put_back_and_what_it_took_outside_counts(stage):
    machine.need_memory_cgroup()
    recycler = unwatched(Recycler(stage, 2, {"memory": {"max": "128MiB"}, "recycle": {"memory": "48MiB"}})).start()
    first, second = recycler.slots
    worker = recycler.slot(first)["worker"]
    controller = recycler.controller()
    # While nobody looks, it takes memory that its cgroup never hears of: too little to be due, with what it takes later enough.
    os.kill(controller, signal.SIGSTOP)
    move_out(worker["pid"], worker["cgroup"])
    assert ask(recycler.addresses[0], f"nonce=1&leak={40 * 1024}") is not None
    os.kill(controller, signal.SIGCONT)
    wait_until(lambda: inside(recycler, first), 15, f"{first} is in its cgroup again")
    assert recycler.slot(first)["worker"]["pid"] == worker["pid"], "it is another worker by now"
    assert recycler.controller() == controller, "the controller was replaced"
    charged = recycler.slot(first)["worker"]["memory"]
    assert ask(recycler.addresses[0], f"nonce=2&leak={16 * 1024}") is not None
    end = recycler.wait_end(first, 30)
    assert end["verdict"] == "recycled" and end["trigger"] == "memory", str(end)
    lines = told(recycler)
    assert [line["slot"] for line in lines] == [first] and "has put it back" in lines[0]["text"], str(lines)
    assert inside(recycler, second)
    wait_until(lambda: inside(recycler, first), 20, f"the next worker of {first} is in its cgroup")
    return f"{lines[0]['text']}; {charged}; {end['sentence']}"


def remove_all(recycler: Recycler) -> int:
    """Moves each worker out, and removes all of the app's cgroups while nobody looks; how many there were."""
    controller = recycler.controller()
    removed = 0
    os.kill(controller, signal.SIGSTOP)
    try:
        for top in cgroups_of(recycler.app):
            for folder, _, _ in os.walk(top, topdown=False):
                for pid in (Path(folder) / "cgroup.procs").read_text().split():
                    (Path(top).parent / "cgroup.procs").write_text(pid)
                os.rmdir(folder)
                removed += 1
    finally:
        os.kill(controller, signal.SIGCONT)
    return removed


@story
def when_somebody_removes_all_cgroups_they_are_made_anew_and_no_request_is_lost(stage):
    machine.need_memory_cgroup()
    if machine.memory_controller() != "v1":
        raise machine.Skip("v2's tree stands in the unit's own cgroup, where systemd looks after it")
    recycler = unwatched(Recycler(stage, 3, {"memory": {"max": "64MiB", "app_max": "256MiB"}})).start()
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=60, connections=4, query="sleep=0-3")
    pids = recycler.worker_pids()
    controller = recycler.controller()
    removed = remove_all(recycler)
    wait_until(lambda: all(inside(recycler, slot) for slot in recycler.slots), 20, "each worker is in a cgroup again")
    assert recycler.worker_pids() == pids and recycler.controller() == controller, "workers or controller were replaced"
    # Once more, and now what is needed first is a place for a new worker.
    remove_all(recycler)
    recycler.ctl("recycle", recycler.slots[0])
    wait_until(lambda: all(inside(recycler, slot) for slot in recycler.slots), 20, "each worker is in a cgroup again")
    # What was made anew is what the next controller finds, and holds.
    os.kill(controller, signal.SIGKILL)
    next_controller(recycler, controller, 20)
    recycler.ctl("recycle", recycler.slots[1])
    settled(recycler)
    limits = {slot: (memory_directory(recycler.slot(slot)["worker"]["cgroup"]) / "memory.limit_in_bytes").read_text().strip()
              for slot in recycler.slots}
    summary = client.end()
    figures = f"{removed} cgroups removed, twice; {in_words(summary)}"
    assert lost(summary) == 0, figures
    assert set(limits.values()) == {str(64 * MIB)}, f"{limits}; {figures}"
    lines = told(recycler)
    counts = {slot: sum(line["slot"] == slot for line in lines) for slot in recycler.slots}
    assert all(1 <= count <= 2 for count in counts.values()), f"{counts}; {lines}"
    anew = [line for line in told(recycler, "trouble") if "has made new ones" in line["text"]]
    assert len(anew) == 2, f"{anew}"
    bad = [end for end in recycler.ends() if end["verdict"] not in ("recycled", "stopped")]
    assert not bad, f"{bad[0]['sentence']}; {figures}"
    recycler.ctl("stop", seconds=120)
    assert recycler.process.wait(20) == 0, recycler.process.output()
    assert not cgroups_of(recycler.app), f"left: {cgroups_of(recycler.app)}"
    return f"{anew[0]['text']}; {lines[0]['text']}; {figures}"
