# SPDX-License-Identifier: MIT
"""What a person at the keyboard relies on."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of
from harness.processes import alive, wait_gone, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def refusal(recycler: Recycler, *words) -> Refused:
    try:
        said = recycler.ctl(*words)
    except Refused as refused:
        return refused
    raise AssertionError(f"{' '.join(words)} was not refused: {said}")


@story
def a_drained_worker_stays_alive_out_of_rotation_until_it_is_opened(stage):
    machine.need_gates()
    recycler = Recycler(stage, 4).start()
    web = Lighttpd(stage, recycler.addresses)
    slot = recycler.slots[1]
    client = Load(stage, web.url, duration=60, query="sleep=0-4")
    before = recycler.slot(slot)["worker"]["pid"]
    recycler.ctl("drain", slot)
    drained = recycler.slot(slot)
    assert (drained["state"], drained["gate"], drained["worker"]["pid"]) == ("drained", "closed", before), str(drained)
    assert not machine.listens(recycler.addresses[1]), "the gate is closed, and a connect was taken"
    served = drained["worker"]["requests"]["served"]
    # Long enough for lighttpd to try the refused worker again.
    until = time.monotonic() + 3
    wait_until(lambda: time.monotonic() > until, 5, "three seconds of traffic past the closed gate")
    assert recycler.slot(slot)["worker"]["requests"]["served"] == served, "a drained worker served"
    recycler.ctl("open", slot)
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["served"] > served, 10, "traffic returns to the opened slot")
    summary = client.end()
    assert recycler.slot(slot)["worker"]["pid"] == before
    assert lost(summary) == 0, load.in_words(summary)
    return f"{web.refused()} refused connects; {load.in_words(summary)}"


@story
def a_drain_that_runs_out_of_time_exits_4_with_the_gate_closed(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    busy = Held(recycler.addresses[0], "nonce=busy")
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    refused = refusal(recycler, "drain", slot, "--timeout", "500ms")
    assert refused.status == 4, str(refused)
    assert recycler.slot(slot)["gate"] == "closed", str(recycler.slot(slot))
    assert busy.release().answer() is not None, "the running request was lost"
    wait_until(lambda: recycler.slot(slot)["state"] == "drained", 20, "it drains on by itself")
    return refused.sentence.strip()


@story
def the_last_open_gate_is_not_drained_without_force(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    recycler.ctl("drain", recycler.slots[0])
    refused = refusal(recycler, "drain", recycler.slots[1])
    assert refused.status == 1, str(refused)
    assert ask(recycler.addresses[1]) is not None
    recycler.ctl("drain", recycler.slots[1], "--force")
    assert not machine.listens(recycler.addresses[1])
    return refused.sentence.strip()


@story
def the_recycle_of_a_drained_slot_replaces_the_worker_and_leaves_it_drained(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    recycler.ctl("drain", slot)
    recycler.ctl("recycle", slot)
    now = recycler.slot(slot)
    assert (now["gate"], now["worker"]["generation"]) == ("closed", 2), str(now)
    wait_until(lambda: recycler.slot(slot)["state"] == "drained", 20, "the new worker is drained too")
    recycler.ctl("open", slot)
    assert ask(recycler.addresses[0]) is not None


@story
def a_drained_worker_that_dies_is_replaced_and_stays_drained(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    recycler.ctl("drain", slot)
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    assert recycler.wait_end(slot)["verdict"] == "killed"

    def drained_again():
        now = recycler.slot(slot)
        return now if now["worker"] and now["worker"]["generation"] == 2 and now["state"] == "drained" else None
    assert wait_until(drained_again, 10, "the next generation is drained too")["gate"] == "closed"


@story
def stop_answers_what_is_running_and_leaves_nothing_behind(stage):
    recycler = Recycler(stage, 4).start()
    status = recycler.status()
    pids = [*recycler.worker_pids(), recycler.controller(), recycler.process.pid]
    assert cgroups_of(recycler.app) or not status["cgroup"]["enforced"], "no cgroup is found while it runs"
    control = stage.path("run") / recycler.app / "control"
    assert control.is_socket(), f"{control} is no socket"
    busy = [Held(address, "nonce=busy") for address in recycler.addresses]
    wait_until(lambda: all(slot["worker"]["requests"]["in_flight"] == 1 for slot in recycler.status()["slots"]), 20, "all busy")
    stop = start_ctl(stage, recycler, "stop")
    wait_until(lambda: recycler.status()["stopping"], 20, "the stop has begun")
    for asking in busy:
        asking.release()
    assert all(asking.answer() is not None for asking in busy), "a running request was lost"
    assert stop.wait(20) == 0, stop.output()
    assert recycler.process.wait(10) == 0, recycler.process.output()
    assert all(wait_gone(pid, 0) or not alive(pid) for pid in pids), "a process is left"
    assert not control.exists(), "the control socket is left"
    assert not any(machine.listens(address) for address in recycler.addresses), "a listener is left"
    assert not cgroups_of(recycler.app), f"cgroups are left: {cgroups_of(recycler.app)}"
    verdicts = [record["verdict"] for record in recycler.ends()]
    assert verdicts == ["stopped"] * 4, str(verdicts)


@story
def a_second_sigterm_stops_at_once(stage):
    recycler = Recycler(stage, 2).start()
    busy = Asking(recycler.addresses[0], "nonce=busy&sleep=30000")
    wait_until(lambda: recycler.slot(recycler.slots[0])["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    recycler.process.signal(signal.SIGTERM)
    wait_until(lambda: recycler.status()["stopping"], 20, "the stop has begun")
    assert recycler.process.wait(1) is None, "the first SIGTERM did not wait for the request"
    began = time.monotonic()
    recycler.process.signal(signal.SIGTERM)
    assert recycler.process.wait(5) is not None, "still running 5 s after the second SIGTERM"
    busy.socket.close()
    return f"ended {(time.monotonic() - began) * 1000:.0f} ms after the second one"


@story
def events_are_followed_while_they_happen(stage):
    recycler = Recycler(stage, 2).start()
    follow = stage.start([machine.PROGRAMS / "recyclerctl", "--app", recycler.app, "--json", "events", "--follow"],
                         "follow", stdout=subprocess.PIPE, env=recycler.environment)
    recycler.ctl("recycle", recycler.slots[0])
    received = b""

    def heard():
        nonlocal received
        received += follow.read_available()
        lines = [json.loads(line) for line in received.rpartition(b"\n")[0].splitlines()]
        ours = [line for line in lines if line["slot"] == recycler.slots[0]]
        return ours if any(line["generation"] == 2 for line in ours) else None
    return ", ".join(line["event"] for line in wait_until(heard, 20, "events of generation 2"))


@story
def status_can_be_read_by_a_person_and_names_what_is_wrong(stage):
    recycler = Recycler(stage, 2).start()
    table = recycler.ctl("status")
    assert all(slot in table for slot in recycler.slots), table
    unknown = refusal(recycler, "drain", "65000")
    assert unknown.status == 1 and all(slot in unknown.sentence for slot in ["65000", *recycler.slots]), str(unknown)
    assert refusal(recycler, "bogus").status == 2
    recycler.stop()
    assert refusal(recycler, "status").status == 3
    return table


@story
def unix_sockets_are_drained_and_handed_over_too(stage):
    listen = f"unix:{stage.path('s')}/%s.sock"
    stage.path("s").mkdir(mode=0o755)
    recycler = Recycler(stage, 2, {"app": {"listen": listen, "workers": 2, "socket_mode": "0666"}})
    recycler.launch()
    wait_until(recycler.all_serving, 20, f"both sockets serve: {recycler.process.output()[-1500:]}")
    paths = [slot["address"].removeprefix("unix:") for slot in recycler.status()["slots"]]
    web = Lighttpd(stage, paths)
    client = Load(stage, web.url, duration=300, query="sleep=0-2")
    for _ in range(20):
        recycler.ctl("recycle", "all")
    summary = client.end()
    recycler.wait_recorded()
    recycles = recycler.status()["totals"]["recycles"].get("operator", 0)
    figures = f"{recycles} recycles; {load.in_words(summary)}"
    assert lost(summary) == 0 and recycles == 40, figures
    return figures


def replace_controller(recycler: Recycler) -> None:
    """Kills the controller, and waits for the next one to answer."""
    old = recycler.controller()
    os.kill(old, signal.SIGKILL)

    def answering():
        try:
            return recycler.controller() not in (None, old) and recycler.status()
        except Refused:
            return None
    wait_until(answering, 30, "the next controller answers")


def start_ctl(stage, recycler: Recycler, *words):
    return stage.start([machine.PROGRAMS / "recyclerctl", "--app", recycler.app, *words], "order", env=recycler.environment)


@story
def orders_outlive_the_controller_they_were_given_to(stage):
    machine.need_gates()
    recycler = Recycler(stage, 3).start()
    slots = recycler.slots
    busy = [Held(address, "nonce=busy") for address in recycler.addresses]
    wait_until(lambda: all(slot["worker"]["requests"]["in_flight"] == 1 for slot in recycler.status()["slots"]), 20, "all busy")
    drain = start_ctl(stage, recycler, "drain", slots[0])
    recycle = start_ctl(stage, recycler, "recycle", slots[1])
    wait_until(lambda: recycler.slot(slots[0])["gate"] == "closed", 20, "the drain has begun")
    # Before that the next controller would call the replacement off, and make another.
    wait_until(lambda: (recycler.slot(slots[1])["next"] or {}).get("state") == "serving", 20, "the replacement serves")
    replace_controller(recycler)
    assert drain.running() and recycle.running(), "a wait ended with the controller"
    for asking in busy:
        asking.release()
    assert drain.wait(20) == 0 and recycle.wait(20) == 0, drain.output() + recycle.output()
    assert recycler.slot(slots[0])["state"] == "drained"
    assert recycler.slot(slots[1])["worker"]["generation"] == 2, "recycled twice, or not at all"
    recycler.ctl("open", slots[0])
    assert all(asking.answer() is not None for asking in busy), "a running request was lost"
    return (drain.output() + recycle.output()).strip().replace("\n", "; ")


@story
def a_stop_whose_controller_dies_is_no_second_stop(stage):
    recycler = Recycler(stage, 2).start()
    busy = Held(recycler.addresses[0], "nonce=busy")
    wait_until(lambda: recycler.slot(recycler.slots[0])["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    stop = start_ctl(stage, recycler, "stop")
    wait_until(lambda: recycler.status()["stopping"], 20, "the stop has begun")
    replace_controller(recycler)
    busy.release()
    assert stop.wait(20) == 0, stop.output()
    assert busy.answer() is not None, "a second stop cut the running request"
    assert recycler.process.wait(10) == 0, recycler.process.output()
    return stop.output().strip()


@story
def a_drain_says_on_a_terminal_what_it_waits_for(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    busy = Held(recycler.addresses[0], "nonce=busy")
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    ours, theirs = pty.openpty()
    drain = subprocess.Popen([machine.PROGRAMS / "recyclerctl", "--app", recycler.app, "--json", "drain", slot],
                             env=dict(recycler.environment, TERM="xterm"), stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    said = b""

    def says_so():
        nonlocal said
        if select.select([ours], [], [], 0)[0]:
            said += os.read(ours, 65536)
        return re.search(rb"1 request in flight for [1-9]\d* s: GET /app\?nonce=busy", said)
    wait_until(says_so, 20, "it says what it waits for")
    assert busy.release().answer() is not None
    answer = json.loads(drain.communicate(timeout=20)[0])  # nothing but JSON
    assert drain.returncode == 0 and answer == {"slots": [{"slot": slot, "state": "drained", "note": None}]}, str(answer)
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:
        pass  # the end of a terminal whose other side is closed
    os.close(ours)
    words = said.decode()
    assert "0 of 1 slot done" in words, words
    return words.splitlines()[1]
