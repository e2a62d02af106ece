# SPDX-License-Identifier: MIT
"""Spares: booted workers that wait for a slot. They take it in milliseconds, and a release that cannot boot touches nobody."""

import os
import signal
import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.replacing.handovers import all_ended_well, completed, settled

STORIES = Collection()
story = STORIES.story

BOOT = 3.0  # seconds
PROMPT = 0.5  # what the machine may take of it that runs these stories; a boot takes six times as long


def slow_to_boot(program: str) -> list[str]:
    return ["/usr/bin/ruby", "-e", f"sleep {BOOT}; load ARGV.shift", str(machine.TEST_PROGRAMS / program)]


def with_spares(changes: dict, spares: int = 1, **sections) -> dict:
    return {"app": changes, "capacity": {"spares": spares, "settle": "0s", **sections.pop("capacity", {})}, **sections}


def ready(recycler: Recycler) -> list[dict]:
    return [spare for spare in recycler.status()["spares"] if spare["state"] == "ready"]


def wait_ready(recycler: Recycler, count: int = 1, seconds: float = 40) -> list[dict]:
    return wait_until(lambda: len(found := ready(recycler)) == count and found, seconds, f"{count} spares are ready")


def kill_and_ask(recycler: Recycler, slot: int = 0) -> float:
    """The seconds from the worker's death to the next answer."""
    name, address = recycler.slots[slot], recycler.addresses[slot]
    generation = recycler.slot(name)["worker"]["generation"]
    began = time.monotonic()
    os.kill(recycler.slot(name)["worker"]["pid"], signal.SIGKILL)
    while ask(address) is None:
        pass  # the worker has accepted this one before it died
    took = time.monotonic() - began
    recycler.wait_serving(name, generation + 1)
    return took


def tell_replaced(stage, app: dict, prompt: float):
    if app:
        machine.need_program("ruby")
    recycler = Recycler(stage, 1, with_spares(app)).start()
    times = []
    for number in (1, 2, 3):
        (spare,) = wait_ready(recycler)
        assert spare["number"] == number, spare
        times.append(kill_and_ask(recycler))
        worker = recycler.slot(recycler.slots[0])["worker"]
        assert worker["pid"] == spare["pid"] and worker["spare"] == number, (worker, spare)
        record = recycler.wait_end(recycler.slots[0], after=number - 1)
        assert record["verdict"] == "killed", record
    figures = ", ".join(f"{seconds * 1000:.0f} ms" for seconds in times)
    assert max(times) < prompt, figures
    return f"the next answer came after {figures}"


STORIES.add("a killed worker is replaced by the spare, which has booted", tell_replaced, app={}, prompt=PROMPT)
STORIES.add("a Ruby worker that boots for seconds is back in milliseconds", tell_replaced,
            app={"command": slow_to_boot("app.rb")}, prompt=PROMPT)


def tell_recycled(stage, handover: str, kills_controller: bool):
    if handover == "close":
        machine.need_gates()
    recycler = Recycler(stage, 2, with_spares({}, capacity={"handover": handover})).start()
    wait_ready(recycler)
    client = Load(stage, Lighttpd(stage, recycler.addresses).url, duration=120, connections=4, post=30, query="sleep=0-2")
    slot = recycler.slots[0]
    taken = 0
    for number in range(8):
        wait_ready(recycler)
        controller, generation = recycler.controller(), recycler.slot(slot)["worker"]["generation"]
        recycler.ctl("recycle", slot, "--no-wait")
        if kills_controller:
            for _ in range(number):  # so that each kill meets another moment
                recycler.status()
            os.kill(controller, signal.SIGKILL)
            wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 60,
                       "the next controller has adopted all")
            recycler.ctl("recycle", slot)
        else:
            recycler.wait_serving(slot, generation + 1)
        settled(recycler)
        taken += 1 if recycler.slot(slot)["worker"]["spare"] else 0
    summary = client.end()
    wait_ready(recycler)
    figures = f"{completed(recycler)} recycles, {taken} by spares; {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    assert taken >= (1 if kills_controller else 8), figures
    groups = {worker["cgroup"] for each in recycler.status()["slots"] if (worker := each["worker"])}
    assert len(groups) == 2, groups
    all_ended_well(recycler)
    return figures


for each in ("overlap", "queue", "close"):
    STORIES.add(f"a recycle by {each} through a spare loses nothing", tell_recycled, handover=each, kills_controller=False)
STORIES.add("a controller that is killed while a spare takes a slot is followed by one that goes on", tell_recycled,
            handover="overlap", kills_controller=True)


@story
def a_program_that_polls_first_takes_a_slot_though_nobody_asks_anything(stage):
    program = ["/usr/bin/python3", "-B", str(machine.TEST_PROGRAMS / "polls.py")]
    recycler = Recycler(stage, 1, with_spares({"command": program}, capacity={"handover": "overlap"})).start()
    wait_ready(recycler)
    recycler.ctl("recycle", recycler.slots[0])
    worker = recycler.slot(recycler.slots[0])["worker"]
    assert worker["spare"] and not worker["requests"]["served"], worker
    assert ask(recycler.addresses[0])["pid"] == str(worker["pid"])
    all_ended_well(recycler)


@story
def a_program_that_cannot_wait_for_a_slot_is_no_spare_and_is_replaced_all_the_same(stage):
    recycler = Recycler(stage, 1, with_spares({"command": [str(machine.TEST_PROGRAMS / "fixed")]})).start()
    spares = wait_until(lambda: (found := recycler.status()["spares"]) and "cannot hold it" in (found[0]["why"] or "")
                        and found, 40, "status says why there is no spare")
    recycler.ctl("recycle", "all")
    assert recycler.slot(recycler.slots[0])["worker"]["spare"] is None
    return spares[0]["why"]


@story
def a_release_that_cannot_boot_touches_no_worker(stage):
    broken = stage.path("broken")
    app = machine.TEST_PROGRAMS / "app"
    recycler = Recycler(stage, 3, with_spares({"command": [
        "/bin/sh", "-c", f"if [ -e {broken} ]; then echo no database >&2; exit 3; fi; exec {app}"]})).start()
    wait_ready(recycler)
    before = recycler.worker_pids()
    broken.touch()
    try:
        recycler.ctl("recycle", "all")
    except Refused as refused:
        assert "no database" in refused.sentence, refused.sentence
        sentence = refused.sentence
    else:
        raise AssertionError("the roll-out was not refused")
    assert recycler.worker_pids() == before
    for address in recycler.addresses:
        assert ask(address) is not None
    broken.unlink()
    recycler.ctl("recycle", "all")
    settled(recycler)
    assert not set(before) & set(recycler.worker_pids())
    return " ".join(sentence.split())
