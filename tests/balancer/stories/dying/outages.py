# SPDX-License-Identifier: MIT
"""The controller may die or hang at any moment: nobody who asks the workers notices, and nothing is forgotten."""

import os
import random
import signal
import time

from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_gone, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.replacing.handovers import settled

STORIES = Collection()


def in_handover(recycler: Recycler) -> bool:
    return any(slot["state"] == "replacing" for slot in recycler.status()["slots"])


def next_controller(recycler: Recycler, old: int, seconds: float) -> int:
    """The pid of the controller that came after `old` and answers."""
    def answering():
        pid = recycler.controller()
        if pid is None or pid == old:
            return None
        try:
            return pid if recycler.status()["pid"] == pid else None
        except Refused:
            return None
    return wait_until(answering, seconds, "the next controller answers")


def counted(recycler: Recycler, expected: int) -> int:
    """totals.requests, once it is `expected`; else what it is after a while."""
    try:
        wait_until(lambda: recycler.status()["totals"]["requests"] == expected, 20, "the counts agree")
    except TimeoutError:
        pass  # the caller compares, and says both figures
    return recycler.status()["totals"]["requests"]


def tell_outages(stage, number: int, outages: int, at_least_inside: int):
    """`number` is what the controller gets: SIGKILL, or SIGSTOP so that only the watchdog can help."""
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}}).start()
    web = Lighttpd(stage, recycler.addresses)
    # Requests of up to 40 ms: draining takes long enough to be killed in.
    client = Load(stage, web.url, duration=600, connections=16, post=30, query="sleep=0-40", deadline=15)
    pause = random.Random(number)
    inside, done = 0, 0
    while client.running() and done < outages:
        for slot in recycler.slots:
            recycler.ctl("recycle", slot, "--no-wait")
        if done % 2 == 1:
            time.sleep(pause.uniform(0, 0.1))  # any moment, besides those that are picked
        controller = recycler.controller()
        inside += in_handover(recycler)
        os.kill(controller, number)
        next_controller(recycler, controller, 30)
        done += 1
    summary = client.end()
    settled(recycler)
    requests = counted(recycler, summary["sent"])
    figures = (f"{done} outages, {inside} within a handover, {web.refused()} refused connects, {requests} requests counted "
               f"of {summary['sent']} sent; {load.in_words(summary)}")
    assert done == outages and inside >= at_least_inside, figures
    assert lost(summary) == 0, figures
    assert requests == summary["sent"], figures
    verdicts = [record["verdict"] for record in recycler.ends()]
    # "stopped": a replacement that was not ready yet when its controller died is called off by the next one.
    assert set(verdicts) <= {"recycled", "stopped"}, f"{figures}; verdicts: {sorted(set(verdicts))}"
    return figures


STORIES.add("the controller is killed ten times and no request is lost or miscounted", tell_outages,
            number=signal.SIGKILL, outages=10, at_least_inside=3)
STORIES.add("the controller hangs ten times and is replaced and no request is lost or miscounted", tell_outages,
            number=signal.SIGSTOP, outages=10, at_least_inside=3)


@STORIES.story
def a_worker_that_dies_while_the_controller_is_away_has_its_true_signal_in_its_record(stage):
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    worker = recycler.slot(slot)["worker"]["pid"]
    controller = recycler.controller()
    os.kill(controller, signal.SIGSTOP)
    os.kill(worker, signal.SIGSEGV)
    assert wait_gone(worker, 20), "the worker did not die of SIGSEGV"
    os.kill(controller, signal.SIGKILL)
    next_controller(recycler, controller, 20)
    record = recycler.wait_end(slot)
    recycler.wait_serving(slot, 2)
    assert record["verdict"] == "crashed" and record["pid"] == worker, str(record)
    assert any("SIGSEGV" in item["value"] for item in record["evidence"]), str(record["evidence"])
    assert len(recycler.ends()) == 1, str(recycler.ends())
    return record["sentence"]


@STORIES.story
def what_happened_before_is_told_by_the_next_controller_too(stage):
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGSEGV)
    record = recycler.wait_end(slot)
    recycler.wait_serving(slot, 2)
    before = recycler.events()
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    next_controller(recycler, controller, 20)
    after = recycler.events()
    assert after[:len(before)] == before and len(after) > len(before), f"{before}\n{after}"
    # It reads what its predecessors wrote beside all else.
    last_end = wait_until(lambda: recycler.slot(slot)["last_end"], 20, "the last end is known")
    assert last_end["at"] == record["at"] and last_end["verdict"] == "crashed", str(last_end)


@STORIES.story
def a_log_that_nobody_reads_holds_nobody_up(stage):
    recycler = Recycler(stage, 2)
    reader, writer = os.pipe()
    recycler.launch(stderr=writer)
    os.close(writer)
    wait_until(recycler.all_serving, 20, "both slots serve")
    controller = recycler.controller()
    # A refused policy fills some hundred bytes of the log each time; a pipe takes 64 KiB.
    recycler.policy_file.write_text("\n".join(f"nonsense_{i} = {i}" for i in range(400)))
    for _ in range(5):
        try:
            recycler.ctl("reload")
        except Refused:
            pass
    recycler.ctl("recycle", "all")
    assert recycler.controller() == controller, "the controller was replaced"
    text = b""
    os.set_blocking(reader, False)
    recycler.process.signal(recycler.process.stop_signal)

    def drained() -> bool:
        nonlocal text
        try:
            text += os.read(reader, 1 << 20)
        except BlockingIOError:
            pass
        return not recycler.process.running()
    wait_until(drained, 20, "the daemon has stopped")
    os.close(reader)
    assert b"lost here, because nobody read them" in text, text[-500:].decode(errors="replace")
    return f"{len(text)} bytes of the log were read in the end"


@STORIES.story
def the_keepers_death_takes_every_worker_with_it(stage):
    recycler = Recycler(stage, 4).start()
    workers = recycler.worker_pids()
    controller = recycler.controller()
    recycler.process.signal(signal.SIGKILL)
    recycler.process.wait(5)
    left = [pid for pid in [*workers, controller] if not wait_gone(pid, 20)]
    assert not left, f"still alive: {left}"
    again = Recycler(stage, 1)  # the machine is as clean as before: the same app can be started at once
    again.policy, again.app, again.first_port, again.count = recycler.policy, recycler.app, recycler.first_port, 4
    again.start()
    return f"{len(workers)} workers gone, the app runs again"
