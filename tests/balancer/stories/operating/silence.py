# SPDX-License-Identifier: MIT
"""A daemon that does not answer: no verb waits for it for ever, and Ctrl-C ends each."""

import os
import signal
import socket
import subprocess
import time

from harness import machine
from harness.clients.held import Held
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection

STORIES = Collection(waits=True)
story = STORIES.story

VERBS = [["status"], ["status", "--watch"], ["drain", "all", "--force"], ["drain", "all", "--force", "--no-wait"], ["open", "all"],
         ["recycle", "all"], ["reload"], ["why"], ["events"], ["events", "--follow"], ["blame"], ["stop"]]
BOUND = 30  # seconds, as the manual says
SILENT = "does not answer: it has sent nothing for 30 s"


def asked(stage, recycler: Recycler, verb: list[str]):
    return stage.start([machine.PROGRAMS / "recyclerctl", "--app", recycler.app, *verb], "-".join(verb), env=recycler.environment)


def all_give_up(stage, recycler: Recycler) -> None:
    began = time.monotonic()
    running = [(verb, asked(stage, recycler, verb)) for verb in VERBS]
    for verb, process in running:
        status = process.wait(max(1, began + 2 * BOUND - time.monotonic()))
        assert (status, SILENT in process.output()) == (1, True), f"{verb}: exit {status}: {process.output()}"
    took = time.monotonic() - began
    assert BOUND <= took < 2 * BOUND, f"{took:.1f} s"


@story
def every_verb_gives_up_on_a_controller_that_is_stopped_and_ctrl_c_ends_each_before(stage):
    recycler = Recycler(stage, 2)
    recycler.environment["RECYCLER_WATCHDOG"] = "0"
    recycler.start()
    controller = recycler.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        running = [(verb, asked(stage, recycler, verb)) for verb in VERBS]
        for verb, process in running:
            wait_until(lambda process=process: waits(process.pid), 10, f"{verb} waits")
            process.signal(signal.SIGINT)
            assert process.wait(5) in (0, 1), f"{verb} goes on after Ctrl-C: {process.output()}"
        all_give_up(stage, recycler)
    finally:
        os.kill(controller, signal.SIGCONT)
    return SILENT


def waits(pid: int) -> bool:
    """In poll(2), with its signals blocked, which it reads from a descriptor."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        blocked = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
    with open(f"/proc/{pid}/stat", encoding="ascii") as state:
        return bool(blocked & 1 << (signal.SIGINT - 1)) and state.read().rpartition(")")[2].split()[0] == "S"


@story
def every_verb_gives_up_on_a_daemon_that_takes_connections_and_answers_none(stage):
    recycler = Recycler(stage, 1)
    folder = stage.path("run") / recycler.app
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "control"))
        listener.listen(128)
        taken = []
        listener.settimeout(0.05)
        began = time.monotonic()
        running = [(verb, asked(stage, recycler, verb)) for verb in VERBS]
        while any(process.running() for _, process in running) and time.monotonic() < began + 2 * BOUND:
            try:
                taken.append(listener.accept()[0])
            except TimeoutError:
                continue
        for verb, process in running:
            assert (process.wait(0), SILENT in process.output()) == (1, True), f"{verb}: {process.output()}"
        for connection in taken:
            connection.close()
    gone = subprocess.run([machine.PROGRAMS / "recyclerctl", "--app", recycler.app, "status"], env=recycler.environment,
                          capture_output=True, text=True, timeout=10)
    assert gone.returncode == 3 and "runs here" in gone.stderr, gone.stderr  # the socket's file is all that is left
    return f"{len(taken)} connections and pings; {gone.stderr.strip()}"


@story
def a_drain_that_takes_longer_than_silence_may_is_waited_for_while_the_daemon_lives(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    busy = Held(recycler.addresses[0], "nonce=busy")
    wait_until(lambda: recycler.slot(recycler.slots[0])["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    drain = asked(stage, recycler, ["drain", recycler.slots[0]])
    follow = asked(stage, recycler, ["events", "--follow"])
    assert drain.wait(BOUND + 4) is None, f"it gave up: {drain.output()}"
    assert follow.running(), follow.output()
    assert busy.release().answer() is not None
    assert drain.wait(20) == 0, drain.output()
    return drain.output().strip()
