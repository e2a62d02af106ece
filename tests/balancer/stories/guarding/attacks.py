# SPDX-License-Identifier: MIT
"""A hostile world, while requests come in: what is not asked of Recycler itself costs no request, and leaves nothing behind."""

import itertools
import os
import random
import shutil
import signal
import threading
import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import Asking, ask
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of, memory_directory
from harness.processes import alive, wait_gone, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.dying.outages import next_controller
from stories.replacing.handovers import completed, settled

STORIES = Collection()
story = STORIES.story


def members(recycler: Recycler, slot: str) -> list[int]:
    """The processes in the cgroup of the slot's worker."""
    directory = memory_directory(recycler.slot(slot)["worker"]["cgroup"])
    return [int(pid) for pid in (directory / "cgroup.procs").read_text().split()]


@story
def a_child_that_would_outlive_its_worker_ends_with_it(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2).start()
    ended = []
    for generation, end in enumerate(["exit=3", "crash=segv", "leave=0"], 1):
        slot = recycler.slots[0]
        recycler.wait_serving(slot, generation)
        worker = recycler.slot(slot)["worker"]["pid"]
        assert ask(recycler.addresses[0], "nonce=1&child=600000") is not None
        [child] = [pid for pid in members(recycler, slot) if pid != worker]
        ask(recycler.addresses[0], f"nonce=1&{end}")
        record = recycler.wait_end(slot, after=generation - 1)
        assert wait_gone(child, 10), f"the child of {slot}.{generation} is still there: {record['sentence']}"
        ended.append(record["verdict"])
    return f"{len(ended)} children deaf to every signal ended, their workers' verdicts {', '.join(ended)}"


@story
def a_worker_that_was_moved_out_of_its_cgroup_is_recycled_all_the_same(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    worker = recycler.slot(slot)["worker"]
    assert ask(recycler.addresses[0], "nonce=1&child=600000") is not None
    above = memory_directory(worker["cgroup"]).parent.parent
    pids = members(recycler, slot)
    for pid in pids:
        (above / "cgroup.procs").write_text(str(pid))
    recycler.ctl("recycle", slot)
    record = recycler.wait_end(slot)
    left = [pid for pid in pids if pid != worker["pid"] and alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)  # nothing tells any more whose it was
    assert record["verdict"] == "recycled" and wait_gone(worker["pid"], 20), str(record)
    assert ask(recycler.addresses[0]) is not None
    return f"{len(pids)} processes moved; {record['sentence']}"


@story
def a_worker_that_closes_its_listener_is_replaced_and_what_waits_is_answered(stage):
    recycler = Recycler(stage, 1).start()
    address = recycler.addresses[0]
    assert ask(address, "nonce=1&close=0") is not None
    answers = [ask(address, f"nonce={i}", seconds=20) for i in range(5)]
    assert all(answers), str(answers)
    record = recycler.wait_end(recycler.slots[0])
    assert record["verdict"] in ("left", "exited"), str(record)
    return record["sentence"]


@story
def a_worker_that_floods_its_stderr_costs_no_memory(stage):
    recycler = Recycler(stage, 2).start()
    began = time.monotonic()
    for _ in range(3):
        assert ask(recycler.addresses[0], "nonce=1&complain=8192", seconds=60) is not None
    took = time.monotonic() - began
    slot = recycler.slots[0]
    ask(recycler.addresses[0], "nonce=1&crash=abort")
    record = recycler.wait_end(slot)
    size = sum(len(line) for line in record["stderr"])
    assert record["verdict"] == "crashed" and 0 < len(record["stderr"]) <= 20 and size < 65536, str(record)
    assert recycler.report_file.stat().st_size < 200_000, f"{recycler.report_file.stat().st_size} bytes of report"
    return f"24 MiB of stderr in {took:.1f} s; {size} bytes of it in the record"


@story
def a_stopped_worker_is_replaced_and_what_waits_for_it_is_answered(stage):
    recycler = Recycler(stage, 2, {"drain": {"timeout": "1s", "stop_timeout": "1s"}}).start()
    slot = recycler.slots[0]
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGSTOP)
    waiting = [Asking(recycler.addresses[0], f"nonce={i}") for i in range(3)]
    recycler.ctl("recycle", slot)
    answers = [asking.answer(20) for asking in waiting]
    assert [answer and answer["nonce"] for answer in answers] == ["0", "1", "2"], str(answers)
    record = recycler.wait_end(slot)
    assert record["verdict"] in ("drain-cut", "recycled"), str(record)
    return f"{len(answers)} answered; {record['sentence']}"


@story
def a_runtime_folder_that_is_removed_costs_no_request_and_the_daemon_stops_as_it_should(stage):
    recycler = Recycler(stage, 2).start()
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=60, query="sleep=0-2")
    controller, workers = recycler.controller(), recycler.worker_pids()
    shutil.rmtree(stage.path("run") / recycler.app)
    try:
        recycler.ctl("status")
        raise AssertionError("status was answered through a folder that is not there")
    except Refused as refused:
        assert refused.status == 3, str(refused)
    os.kill(controller, signal.SIGKILL)
    wait_until(lambda: recycler.controller() not in (None, controller), 30, "the next controller is there")
    summary = client.end()
    assert lost(summary) == 0, load.in_words(summary)
    assert recycler.stop() == 0, recycler.process.output()
    assert all(wait_gone(pid, 20) for pid in workers), "a worker is left"
    assert not cgroups_of(recycler.app), str(cgroups_of(recycler.app))
    return load.in_words(summary)


def pester(recycler: Recycler, chance: random.Random, turn: int) -> str:
    """Begins something that takes a while; refusals are answers too."""
    slot = recycler.slots[turn % recycler.count]
    words = chance.choice([["recycle", "all", "--no-wait"], ["recycle", slot, "--no-wait"], ["drain", slot, "--no-wait"],
                           ["open", "all"], ["reload"]])
    if words == ["reload"]:
        recycler.write_policy({"recycle": {"requests": chance.choice([2000, 3000, 100_000])},
                               "app": {"environment": {"COLOUR": chance.choice(["red", "blue"])}}})
    try:
        recycler.ctl(*words)
    except Refused as refused:
        assert refused.status in (1, 3, 4), str(refused)
    return words[0]


class Ordeal(threading.Thread):
    """One app under load whose controller is killed again and again in the middle of what was just asked of it."""

    def __init__(self, stage, kills: int, seed: int):
        super().__init__(daemon=True)
        self.kills, self.chance = kills, random.Random(seed)
        self.recycler = Recycler(stage, 4, {"recycle": {"requests": 3000}, "capacity": {"settle": "200ms"}}).start()
        self.web = Lighttpd(stage, self.recycler.addresses)
        self.client = Load(stage, self.web.url, duration=120, connections=3, post=30, query="sleep=0-20", deadline=20)
        self.began: list[str] = []
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            for turn in range(self.kills):
                self.began.append(pester(self.recycler, self.chance, turn))
                time.sleep(self.chance.uniform(0, 0.06))  # any moment of what that began
                controller = self.recycler.controller()
                os.kill(controller, signal.SIGKILL)
                next_controller(self.recycler, controller, 30)
            self.recycler.ctl("open", "all")
            wait_until(self.recycler.all_serving, 60, "every slot serves again")
            settled(self.recycler)
        except Exception as error:  # told by the story
            self.fault = error

    def judge(self) -> tuple[int, int]:
        """How many requests were answered, and how many workers ended."""
        summary = self.client.end()
        if self.fault is None:
            settled(self.recycler)
            self.recycler.wait_recorded()
        ends = self.recycler.ends()
        verdicts = sorted({record["verdict"] for record in ends})
        names = {(record["slot"], record["generation"]) for record in ends}
        figures = f"{self.began}; {len(ends)} ends ({', '.join(verdicts)}); {load.in_words(summary)}"
        assert self.fault is None, f"{self.fault!r}; {figures}"
        assert lost(summary) == 0, figures
        assert set(verdicts) <= {"recycled", "stopped"}, figures
        assert len(ends) == len(names) == sum(self.recycler.status()["totals"]["ends"].values()), figures
        return summary["answered"], len(ends)


@story
def fifty_controllers_killed_in_the_middle_of_drains_reloads_and_recycles_lose_nothing(stage):
    machine.need_gates()
    seed = int(os.environ.get("RECYCLER_SEED", random.SystemRandom().randrange(1 << 30)))
    # Five apps: the keeper waits ever longer before it starts a controller whose predecessors died young.
    ordeals = [Ordeal(stage, 10, seed + number) for number in range(5)]
    for ordeal in ordeals:
        ordeal.start()
    for ordeal in ordeals:
        ordeal.join()
    judged = [ordeal.judge() for ordeal in ordeals]
    began = sum((ordeal.began for ordeal in ordeals), [])
    return (f"seed {seed}: {len(began)} controllers killed after " +
            ", ".join(f"{word} {began.count(word)}" for word in sorted(set(began))) +
            f"; {sum(ends for _, ends in judged)} ends, {sum(answers for answers, _ in judged)} answers, none lost")


@story
def a_balancer_that_is_killed_and_started_again_finds_every_worker_as_it_was(stage):
    recycler = Recycler(stage, 4).start()
    first = Lighttpd(stage, recycler.addresses)
    client = Load(stage, first.url, duration=60, connections=8, query="sleep=0-20")
    slots = itertools.cycle(recycler.slots)
    for _ in range(8):
        recycler.ctl("recycle", next(slots), "--no-wait")
    first.process.signal(signal.SIGKILL)
    first.process.wait(5)
    broken = client.end()
    wait_until(lambda: completed(recycler) >= recycler.count, 60, "each slot's worker is recycled")
    settled(recycler)
    summary = Load(stage, Lighttpd(stage, recycler.addresses).url, requests=2000, query="sleep=0-2").result()
    verdicts = sorted({record["verdict"] for record in recycler.ends()})
    figures = f"{lost(broken)} requests lost with the balancer; with the next one {load.in_words(summary)}; verdicts {verdicts}"
    assert lost(summary) == 0 and verdicts == ["recycled"], figures
    idle = wait_until(lambda: all(not slot["worker"]["requests"]["in_flight"] for slot in recycler.status()["slots"]), 20, "idle")
    assert idle
    return figures
