# SPDX-License-Identifier: MIT
"""Workers that take no notice of their stop signal, miss it once, or have something to do at their end: nobody waits for the first
two, and the third is given its time."""

import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.replacing.handovers import Pace, completed, settled
from stories.surroundings.listener_state import longest_start, troubles

STORIES = Collection()
story = STORIES.story

RECYCLES = 8
WORST_MS = 1000  # besides the start of the next one; far below drain.stop_timeout, 10 s


def recycled_under_load(stage, count: int, handover: str, *flags: str, program: str = "app") -> tuple[Recycler, dict]:
    """Each slot's worker in turn, behind nginx. The load's summary."""
    recycler = Recycler(stage, count, {
        "app": {"command": [str(machine.TEST_PROGRAMS / program), *flags]},
        "capacity": {"handover": handover, "settle": "0s"}}).start()
    port = machine.free_ports(1)
    web = Balancer(stage, "nginx", snippets.SETTINGS["recommended"]("nginx", recycler.addresses, port), port)
    client = Load(stage, web.url + "/", duration=300, connections=4, post=30, query="sleep=0-2", deadline=30)
    pace = Pace(0.3)
    for number in range(RECYCLES):
        wait_until(client.running, 5, "the load runs")
        recycler.ctl("recycle", recycler.slots[number % count])
        pace.wait()
    summary = client.end()
    settled(recycler)
    recycler.wait_recorded()
    return recycler, summary


def evidence(record: dict, name: str) -> str:
    return next(item["value"] for item in record["evidence"] if item["name"] == name)


def tell_deaf(stage, count: int, handover: str, program: str = "app", how: str = "--deaf"):
    if handover == "close":
        machine.need_gates()
    recycler, summary = recycled_under_load(stage, count, handover, how, program=program)
    ends, told = recycler.ends(), troubles(recycler)
    figures = f"{len(ends)} recycles, told {len(told)} time(s); {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    assert summary["latency_ms"]["max"] < WORST_MS + 1000 * longest_start(recycler), figures
    assert completed(recycler) == len(ends) == RECYCLES, figures
    for record in ends:
        assert (record["verdict"], record["trigger"]) == ("recycled", "operator"), record
        assert "It did not end on SIGTERM, so Recycler killed it." in record["sentence"], record["sentence"]
        assert evidence(record, "our order") == "recycle, sent SIGTERM, then SIGKILL", record
    assert len(told) == 1 and "drain.stop_signal" in told[0], told
    return figures


def tell_many_deaf(stage):
    """More than are looked at one by one."""
    recycler = Recycler(stage, 1, {
        "app": {"command": [str(machine.TEST_PROGRAMS / "app"), "--threads", "300", "--deaf"]}, "limits": {"pids": 1024},
        "capacity": {"handover": "overlap"}}).start()
    (slot,) = recycler.slots
    began = time.monotonic()
    recycler.ctl("recycle", slot)
    took = time.monotonic() - began
    record = recycler.wait_end(slot)
    assert record["verdict"] == "recycled" and took < 5, f"{took:.1f} s; {record}"
    assert len(troubles(recycler)) == 1, troubles(recycler)
    return f"after {took:.2f} s"


for mode, slots in [("queue", 1), ("close", 2), ("overlap", 1)]:
    STORIES.add(f"a worker that takes no notice of its stop signal is replaced by {mode} in a moment, and told of once",
                tell_deaf, count=slots, handover=mode)


# One that ignores the signal, as the kernel tells of it, and one that catches it and does nothing.
# Where the second is kept from its queue, and somebody waits in it, what its loop waits for besides cannot be seen.
for how, mode, slots in [("deaf", "queue", 1), ("deaf", "close", 2), ("deaf", "overlap", 1), ("numb", "close", 2), ("numb", "overlap", 1)]:
    STORIES.add(f"an event loop that is {how} to its stop signal is replaced by {mode} in a moment, and told of once",
                tell_deaf, count=slots, handover=mode, program="loop", how=f"--{how}")
STORIES.add("a worker of 300 threads that takes no notice of its stop signal is replaced in a moment, and told of once",
            tell_many_deaf)


@story
def a_nodejs_worker_whose_handler_of_the_stop_signal_does_nothing_is_replaced_in_a_moment(stage):
    machine.need_program("node")
    numb = stage.path("numb.js")
    # node-fastcgi has one of its own, which ends it.
    numb.write_text("process.on('SIGTERM', () => {});\n"
                    "const on = process.on;\n"
                    "process.on = function (name, ...rest) { return name === 'SIGTERM' ? this : on.call(this, name, ...rest); };\n")
    app = {"command": ["/usr/bin/node", "--require", str(numb), str(machine.TEST_PROGRAMS / "app.js")],
           "environment": {"NODE_PATH": "/usr/share/nodejs"}}
    recycler = Recycler(stage, 1, {"app": app, "capacity": {"handover": "overlap"}, "start": {"timeout": "60s"}}).start()
    (slot,) = recycler.slots
    assert ask(recycler.addresses[0]) is not None
    recycler.ctl("recycle", slot, "--no-wait")
    wait_until(lambda: any(line.get("event") == "handed-over" for line in recycler.report()), 30, "the next one serves")
    began = time.monotonic()
    record = recycler.wait_end(slot)
    took = time.monotonic() - began
    assert record["verdict"] == "recycled" and took < 5, f"{took:.1f} s; {record}"
    assert "It did not end on SIGTERM, so Recycler killed it." in record["sentence"], record["sentence"]
    return f"after {took:.2f} s"


@story
def an_event_loop_that_has_something_to_do_at_its_end_is_given_its_time(stage):
    recycler = Recycler(stage, 1, {
        "app": {"command": [str(machine.TEST_PROGRAMS / "loop"), "--flushes"]}, "capacity": {"handover": "overlap"}}).start()
    (slot,) = recycler.slots
    recycler.ctl("recycle", slot)
    record = recycler.wait_end(slot)
    assert (record["verdict"], evidence(record, "wait status")) == ("recycled", "exit status 0"), record
    assert evidence(record, "our order") == "recycle, sent SIGTERM", record
    assert not troubles(recycler), troubles(recycler)


@story
def a_worker_that_misses_its_stop_signal_gets_it_again_and_ends_in_order(stage):
    recycler, summary = recycled_under_load(stage, 1, "queue", "--misses")
    ends = recycler.ends()
    figures = f"{len(ends)} recycles; {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    assert summary["latency_ms"]["max"] < WORST_MS + 1000 * longest_start(recycler), figures
    assert [evidence(record, "wait status") for record in ends] == ["exit status 0"] * RECYCLES, ends
    assert not troubles(recycler), troubles(recycler)
    return figures


@story
def what_a_worker_does_at_its_end_is_waited_for_and_asked_for_once(stage):
    recycler = Recycler(stage, 2, {
        "app": {"command": [str(machine.TEST_PROGRAMS / "app"), "--on-term", "sleep=1500&exit=7"]},
        "capacity": {"handover": "queue"}}).start()
    for slot in recycler.slots:
        recycler.ctl("recycle", slot)
    ends = wait_until(lambda: recycler.ends() if len(recycler.ends()) == 2 else None, 15, "both ends are recorded")
    assert [record["verdict"] for record in ends] == ["recycled"] * 2, ends
    assert [evidence(record, "wait status") for record in ends] == ["exit status 7"] * 2, ends
    assert not troubles(recycler), troubles(recycler)
    return f"{len(ends)} recycles, each after 1.5 s at its end"
