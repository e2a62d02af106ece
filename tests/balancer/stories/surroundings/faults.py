# SPDX-License-Identifier: MIT
"""Disks and folders are full, and clocks jump: no request is lost meanwhile, it is told once, and all heals without a restart."""

import os
import re
import struct
import subprocess
from collections import Counter
from pathlib import Path

from harness import machine
from harness.clients import load
from harness.clients.load import lost
from harness.clients.under_load import UnderLoad
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of
from harness.processes import wait_until
from harness.stage import Stage
from harness.stories import Collection
from stories.dying.outages import next_controller
from stories.operating.refusals import MACHINE_REFUSED, refused_start
from stories.replacing.handovers import settled

STORIES = Collection()
story = STORIES.story


def troubles(recycler: Recycler) -> list[str]:
    return [line.partition(" warning ")[2] for line in recycler.process.output().splitlines() if "has trouble" in line]


def check_told_once(recycler: Recycler, words: str) -> str:
    """Each trouble was told once, whatever numbers stand in it, and one of them in these words; that one."""
    told = troubles(recycler)
    folded = Counter(re.sub(r"\d+", "N", line) for line in told)
    twice = {line: count for line, count in folded.items() if count > 1}
    assert not twice, f"told more than once: {twice}"
    return wait_until(lambda: next((line for line in troubles(recycler) if words in line), None), 5, f"{words!r} is told: {told}")


def refusal_of(recycler: Recycler, *words: str) -> str:
    """Why recyclerctl does not do that."""
    try:
        recycler.ctl(*words)
    except Refused as refused:
        return str(refused)
    raise AssertionError(f"{' '.join(words)} went well, where it should be refused")


def light_load(stage: Stage, recycler: Recycler, addresses: list | None = None) -> UnderLoad:
    app = UnderLoad(stage, recycler, addresses, connections=3, query="sleep=0-5", think="5-10", deadline=30)
    app.goes_on(20)
    return app


def check_healed(recycler: Recycler, app: UnderLoad) -> str:
    """All is as it was, by itself; the words of the load, which has ended."""
    wait_until(recycler.all_serving, 30, f"all slots serve again: {recycler.process.output()[-1000:]}")
    recycler.ctl("recycle", "all")
    settled(recycler)
    app.goes_on(20)
    summary = app.client.end()
    assert lost(summary) == 0, f"{load.in_words(summary)}: {app.client.lost()[:3]}"
    assert recycler.stop() == 0, recycler.process.output()[-1000:]
    assert not cgroups_of(recycler.app), str(cgroups_of(recycler.app))
    return load.in_words(summary)


def mount(stage: Stage, *words) -> None:
    """Undone when the stage is left."""
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise machine.Skip(f"nothing can be mounted: {done.stderr.strip()}")
    stage.callback(subprocess.run, ["umount", "--lazy", words[-1]], check=False, capture_output=True)


def fill(folder: Path, room: int = 0) -> None:
    """With files, until there is no inode left but `room`."""
    made = []
    try:
        while len(made) < 1000:
            made.append(folder / f"fill.{len(made)}")
            made[-1].touch()
    except OSError:
        made.pop()
    for file in made[:room]:
        file.unlink()


def clear(folder: Path) -> None:
    for file in folder.glob("fill.*"):
        file.unlink()


@story
def a_full_disk_costs_no_request_and_no_record(stage):
    machine.need_root()
    folder = stage.path("full")
    folder.mkdir()
    mount(stage, "-t", "tmpfs", "-o", "size=64k", "none", folder)
    recycler = Recycler(stage, 4)
    recycler.report_file = folder / "events.jsonl"
    recycler.policy["report"]["file"] = str(recycler.report_file)
    app = light_load(stage, recycler.start(), recycler.addresses[1:])
    slot = recycler.slots[0]
    with open(folder / "fill", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass  # it is full

    def limitation() -> str | None:
        return next((each for each in recycler.status()["limitations"] if "to be written to" in each), None)
    killed = 0
    while limitation() is None or killed < 2:  # there may be room in the last page of the file
        killed += 1
        os.kill(recycler.slot(slot)["worker"]["pid"], 9)
        recycler.wait_serving(slot, killed + 1)
        wait_until(lambda: recycler.status()["totals"]["ends"].get("killed") == killed, 10, "the end is counted")
    said = limitation()
    assert "No space left on device" in said and "wait" in said, said
    assert len([record for record in recycler.why() if record["verdict"] == "killed"]) == killed, "why does not tell what waits"
    recycler.ctl("recycle", "all")
    app.goes_on(50)
    told = recycler.process.output().count("No space left on device")
    assert told == 1, f"told {told} times: {recycler.process.output()[-2000:]}"
    (folder / "fill").unlink()
    wait_until(lambda: limitation() is None, 10, "the limitation is gone")
    wait_until(lambda: len(recycler.ends()) == sum(recycler.status()["totals"]["ends"].values()), 10, "each end has its record")
    ends = recycler.ends()
    assert len({(end["slot"], end["generation"]) for end in ends}) == len(ends), "a record was written twice"
    assert len([end for end in ends if end["verdict"] == "killed"]) == killed, str(ends)
    return f"{said}\n{len(ends)} records in the end; {check_healed(recycler, app)}"


def tell_no_inode(stage, room: int, words: str):
    machine.need_root()
    folder = stage.path("s")
    folder.mkdir()
    mount(stage, "-t", "tmpfs", "-o", "size=1m,nr_inodes=24,mode=755", "none", folder)
    recycler = Recycler(stage, 4, {"app": {"name": f"inodes-{os.getpid()}"}, "capacity": {"handover": "overlap"}}, sockets=folder)
    app = light_load(stage, recycler.start())
    fill(folder, room)
    said = refusal_of(recycler, "recycle", "1.sock")
    assert "goes on serving" in said and words in said and "make room" in said, said
    # By a trigger it stays due, and is tried again.
    recycler.write_policy({"recycle": {"requests": 10}})
    recycler.ctl("reload")
    waits = wait_until(lambda: next((slot["due"] for slot in recycler.status()["slots"] if slot["due"] and
                                     "the last one failed" in (slot["due"]["waiting_for"] or "")), None), 20, "status says it")
    assert words in waits["waiting_for"], str(waits)
    app.goes_on(100)
    told = [line for line in troubles(recycler) if "1.sock" in line]
    check_told_once_of_each(recycler)
    recycler.write_policy({"recycle": {"requests": 100_000}})
    recycler.ctl("reload")
    clear(folder)
    return f"{told[0]}\n{check_healed(recycler, app)}"


def check_told_once_of_each(recycler: Recycler) -> None:
    """Of each slot, and of what it was tried for: by an operator, by the policy."""
    folded = Counter((line.split(".", 1)[0], "(requests)" in line, re.sub(r"\d+", "N", line)) for line in troubles(recycler))
    twice = {line: count for line, count in folded.items() if count > 1}
    assert not twice, f"told more than once: {twice}"


STORIES.add("a folder of sockets without an inode for another listener keeps every worker serving", tell_no_inode,
            room=0, words="No space left on device")
STORIES.add("a folder of sockets with one inode left, where a handover takes two, keeps every worker serving", tell_no_inode,
            room=1, words="No space left on device")


def tell_runtime_folder(stage, break_it, mend_it):
    machine.need_root()
    folder = stage.path("run")
    folder.mkdir(mode=0o755)
    mount(stage, "-t", "tmpfs", "-o", "size=1m,nr_inodes=24,mode=755", "none", folder)
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}}).start()
    app = light_load(stage, recycler)
    break_it(stage, folder)
    controller = recycler.controller()
    os.kill(controller, 9)
    next_controller(recycler, controller, 20)
    recycler.ctl("recycle", "all")
    recycler.ctl("reload")
    app.goes_on(50)
    other = Recycler(stage, 1)
    said = refused_start(other, MACHINE_REFUSED, other.app)
    assert not troubles(recycler), str(troubles(recycler))
    mend_it(folder)
    other.start()
    return f"another app: {said}\n{check_healed(recycler, app)}"


def make_read_only(stage: Stage, folder: Path) -> None:
    """By a second mount over the first one, in which files are open for writing."""
    mount(stage, "--bind", folder, folder)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)


STORIES.add("a full runtime folder stops no running app and a new one with a sentence", tell_runtime_folder,
            break_it=lambda stage, folder: fill(folder), mend_it=clear)
STORIES.add("a runtime folder that is read only stops no running app and a new one with a sentence", tell_runtime_folder,
            break_it=make_read_only, mend_it=lambda folder: subprocess.run(["umount", folder], check=True))


class OtherClock:
    """The wall clock of the controller alone; the machine's stays as it is."""

    def __init__(self, stage: Stage, recycler: Recycler):
        self.file = stage.path("clock")
        self.go(0)
        program = stage.path("controller")
        program.write_text(f"#!/bin/sh\nLD_PRELOAD={machine.TEST_PROGRAMS}/other_clock.so OTHER_CLOCK={self.file} "
                           f"exec {machine.PROGRAMS}/recycler-controller \"$@\"\n")
        program.chmod(0o755)
        recycler.environment["RECYCLER_CONTROLLER"] = str(program)

    def go(self, hours: float) -> None:
        """Ahead of the machine's."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", int(hours * 3600)))


@story
def a_clock_that_jumps_by_hours_recycles_nobody_and_tells_everything_once(stage):
    recycler = Recycler(stage, 2, {"recycle": {"age": "1h", "hung": "10min"}, "capacity": {"handover": "overlap"}})
    clock = OtherClock(stage, recycler)
    app = light_load(stage, recycler.start(), recycler.addresses[1:])
    slot = recycler.slots[0]
    controller = recycler.controller()
    jumps = [0, 5, -7, 30, 0]
    for generation, hours in enumerate(jumps, 1):
        clock.go(hours)
        os.kill(recycler.slot(slot)["worker"]["pid"], 9)
        record = recycler.wait_end(slot, after=generation - 1)
        recycler.wait_serving(slot, generation + 1)
        app.goes_on(10)
        shown = recycler.slot(slot)
        assert shown["last_end"]["generation"] == generation and record["verdict"] == "killed", f"{hours} h: {shown['last_end']}"
        assert shown["worker"]["age_s"] < 60 and record["age_s"] < 60, f"{hours} h: {shown['worker']}"
        assert recycler.controller() == controller, f"{hours} h: the controller was replaced"
        if generation % 2 == 0:
            os.kill(controller, 9)
            controller = next_controller(recycler, controller, 20)
            last = wait_until(lambda: recycler.slot(slot)["last_end"], 20, "what was before is known")
            assert last["generation"] == generation, f"{hours} h: the next controller's last end is {last}"
        # What is told between the one look and the other stands in both a moment later.
        wait_until(lambda: recycler.events() == events_kept(recycler), 10,
                   f"{hours} h: {recycler.events()} and not {events_kept(recycler)}")
    assert recycler.status()["totals"]["recycles"] == {}, str(recycler.status()["totals"])
    told = recycler.why()
    assert sorted(record["generation"] for record in told) == [1, 2, 3, 4, 5], str([record["generation"] for record in told])
    assert len(recycler.ends()) == len(jumps), str(recycler.ends())
    return f"{len(jumps)} jumps to {jumps} hours\n{check_healed(recycler, app)}"


def events_kept(recycler: Recycler) -> list[dict]:
    return [line for line in recycler.report() if "event" in line]
