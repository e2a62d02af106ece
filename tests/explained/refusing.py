# SPDX-License-Identifier: MIT
"""Slots that take nobody because Recycler does so: gates, the brake, a daemon that stops or is killed."""

import os
import signal
import time

from dying import NAMELESS
from harness import machine
from harness.processes import wait_until
from judge import Truth, truth
from kind import Kinds
from stand import Stand

KINDS = Kinds()
kind = KINDS.kind
# A release that is broken once the file is there.
RELEASE = 'if [ -e "$0" ]; then echo "bad release" >&2; exit 1; fi; exec "$1"'


@kind(silent="nginx lighttpd haproxy apache")  # if nobody asks a slot while its gate is closed
def workers_are_recycled_behind_closed_gates(stand: Stand) -> list[Truth]:
    stand.start({"capacity": {"handover": "close"}})
    slow = [stand.ask("sleep=500") for _ in stand.slots]  # so that the gates stay closed for a while
    stand.recycler.ctl("recycle", "all")
    for asked in slow:
        asked.join()
    stand.clients.wait_served()
    return [truth("gate", stand.slots)]


@kind(silent="nginx lighttpd haproxy apache")
def workers_are_recycled_by_overlap(stand: Stand) -> list[Truth]:
    stand.start({"capacity": {"handover": "overlap"}}).recycler.ctl("recycle", "all")
    stand.clients.wait_served()
    return []


@kind()
def all_gates_are_closed_by_a_drain(stand: Stand) -> list[Truth]:
    stand.start().recycler.ctl("drain", *stand.slots, "--force")
    stand.wait_told(2)
    stand.recycler.ctl("open", *stand.slots)
    stand.clients.wait_served()
    return [truth("gate", stand.slots)]


@kind()
def all_gates_of_unix_sockets_are_closed_by_a_drain(stand: Stand) -> list[Truth]:
    """There is no path while the gate is closed."""
    stand.start(unix=True).recycler.ctl("drain", *stand.slots, "--force")
    stand.wait_told(2)
    stand.recycler.ctl("open", *stand.slots)
    stand.clients.wait_served()
    return [truth("gate", stand.slots)]


@kind()
def no_worker_can_be_started_and_the_brake_turns_requests_away(stand: Stand) -> list[Truth]:
    broken = stand.stage.path("broken")
    command = ["/bin/sh", "-c", RELEASE, str(broken), str(machine.TEST_PROGRAMS / "app")]
    stand.start({"app": {"command": command}, "restart": {"queue_timeout": "2s", "backoff_max": "4s"}}).clients.pause()
    broken.touch()
    for pid in stand.recycler.worker_pids():
        os.kill(pid, signal.SIGKILL)
    stand.clients.go_on()
    events = lambda name: [line for line in stand.recycler.report() if line.get("event") == name]
    wait_until(lambda: events("turned-away"), 30, "requests are turned away")
    wait_until(lambda: len({line["slot"] for line in events("gate-closed")}) == 2, 30, "both gates are closed")
    before = len(stand.told())
    stand.wait_told(before + 2)
    stand.clients.end()  # until the last of them has been turned away
    turned = {f"{line['slot']}.{line['generation']}" if line.get("generation") else line["slot"] for line in events("turned-away")}
    return [truth("brake restart start-failed turned-away", {*turned, *stand.slots, *(f"{slot}.0" for slot in stand.slots)})]


@kind()
def the_daemon_is_stopped(stand: Stand) -> list[Truth]:
    stand.start()
    assert stand.recycler.stop() == 0
    before = len(stand.told())
    stand.wait_told(before + 2)
    return [truth("stop no-daemon", {*stand.slots, ""})]


@kind()
def the_daemon_is_stopped_and_started_again(stand: Stand) -> list[Truth]:
    stand.start()
    assert stand.recycler.stop() == 0
    before = len(stand.told())
    stand.wait_told(before + 2)
    stand.recycler.start()
    stand.clients.wait_served()
    return [truth("stop no-daemon", {*stand.slots, ""})]


@kind(in_short=True)
def the_daemon_is_killed_and_started_again(stand: Stand) -> list[Truth]:
    stand.start().clients.pause()
    asked = stand.ask("sleep=60000")
    stand.wait_busy()
    stand.recycler.process.signal(signal.SIGKILL)
    stand.recycler.process.wait(5)
    asked.join()
    stand.clients.go_on()
    before = time.time()
    wait_until(lambda: time.time() > before + 3, 10, "the clocks of the logs, which tell seconds, have moved on", every=0.1)
    stand.recycler.start()
    stand.clients.wait_served()
    return [truth("no-daemon", {*stand.slots, ""}), truth("balancer no-daemon", {*stand.slots, ""}, NAMELESS)]


@kind(silent="nginx lighttpd haproxy apache")
def the_controller_is_killed(stand: Stand) -> list[Truth]:
    stand.start()
    before = stand.recycler.controller()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: stand.recycler.controller() not in (None, before), 20, "the next controller runs")
    wait_until(stand.recycler.all_serving, 20, "it answers")
    stand.clients.wait_served()
    return []
