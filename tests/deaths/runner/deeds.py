# SPDX-License-Identifier: MIT
"""What is done to a worker: each gives a deed for a row of the matrix."""

import contextlib
import os
import signal
import subprocess
import time

from harness import machine
from harness.clients.fastcgi import ask
from harness.memory import memory_directory
from harness.processes import alive, children_of, wait_gone, waits_in_accept
from runner.attempt import LONG, Attempt


def sent(name: str | int, served: int = 1):
    """That signal, from another process, to a worker between two requests."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        for _ in range(served):
            attempt.serve_one()
        attempt.kill(name)
    return deed


def sent_within(name: str | int):
    """The same, in the middle of a request."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        attempt.begin()
        attempt.kill(name)
    return deed


def asked(query: str, before: int = 0, **names):
    """A request that does it."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        for _ in range(before):
            attempt.serve_one(**names)
        attempt.die_in(query, **names)
    return deed


def broken_off(query: str):
    """It ends within the request. FCGI.pm ends that all the same, without a word in its answer: it counts, and is cut off."""
    def deed(attempt: Attempt) -> None:
        target = attempt.take()
        target.answered += 1
        target.in_flight = f"nonce={attempt.nonce}&{query}"
        answer = ask(attempt.address(), target.in_flight, seconds=attempt.patience)
        assert answer == {}, f"it was answered: {answer}"
    return deed


def answered_late(query: str):
    """A request in the middle of which the worker is told to end, and which it answers for that."""
    def deed(attempt: Attempt) -> None:
        target = attempt.take()
        answer = ask(attempt.address(), f"nonce={attempt.nonce}&{query}", seconds=attempt.patience)
        assert answer is not None and answer.get("end") == attempt.nonce, f"not answered: {answer}"
        target.answered += 1
    return deed


def several(name: str, count: int, **names):
    """That signal from outside, to a worker that serves so many requests at once."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        for number in range(count):
            attempt.begin(f"place={number}&{LONG}", **names)
        attempt.kill(name)
    return deed


def afterwards(query: str):
    """A request that is answered, and has a thread do it later, when its connection is closed."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        attempt.serve_one(f"{query}&after={attempt.shared.later_ms}")
    return deed


def answered(query: str, times: int = 1, **names):
    """Requests that are answered, the last of which has this query."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        for _ in range(times - 1):
            attempt.serve_one(**names)
        attempt.serve_one(query, **names)
    return deed


def finished_first(name: str):
    """That signal within a request, which is answered all the same."""
    def deed(attempt: Attempt) -> None:
        target = attempt.take()
        asking = attempt.hold("size=10")
        attempt.kill(name)
        assert asking.release().answer(attempt.patience) is not None, "not answered"
        attempt.hanging.clear()
        target.in_flight, target.answered = None, 1
    return deed


def outgrows_over_many(kib: int):
    """Request after request keeps some memory, until there is no more."""
    def deed(attempt: Attempt) -> None:
        target = attempt.take()
        query = f"nonce={attempt.nonce}&leak={kib}"
        while ask(attempt.address(), query, seconds=attempt.patience) is not None:
            target.answered += 1
        assert target.answered > 3, f"only {target.answered} requests"
        target.in_flight = query
    return deed


def both(query: str):
    """The same request to two workers at the same time."""
    def deed(attempt: Attempt) -> None:
        for place in (0, 1):
            attempt.take(place)
            attempt.hold(query, place)
        for asking in attempt.hanging:
            asking.release()
    return deed


def both_sent(name: str):
    """One kill for two workers."""
    def deed(attempt: Attempt) -> None:
        for place in (0, 1):
            attempt.take(place)
            attempt.serve_one(place=place)
        attempt.kill(name, *(target.pid for target in attempt.targets))
    return deed


def neighbour_grows(attempt: Attempt) -> None:
    """One worker holds most of what the app may have, idle; the other one asks for more."""
    attempt.take(0)
    attempt.serve_one("leak=61440")
    attempt.serve_one("leak=40960", place=1)


def by_its_sibling(name: str):
    """Another worker of the app sends it."""
    def deed(attempt: Attempt) -> None:
        attempt.take(0)
        attempt.serve_one()
        sibling = attempt.serving(1)["pid"]
        attempt.notes["sibling"] = f"(pid {sibling}"
        attempt.serve_one(f"kill={attempt.pid}&signal={int(signal.Signals[f'SIG{name}'])}", place=1)
    return deed


def a_thread_leaves(attempt: Attempt) -> None:
    """One thread is in a request, another one ends the process."""
    target = attempt.take()
    attempt.begin()
    attempt.serve_one("leave=0")
    assert target.in_flight.endswith(LONG)


def stopped_in_a_request(attempt: Attempt) -> None:
    """SIGSTOP from outside, and nobody continues it."""
    attempt.take()
    attempt.begin()
    attempt.kill("STOP")


def fills_the_disk(attempt: Attempt) -> None:
    """Writes to a disk of 64 KiB."""
    disk = attempt.runner.home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "none", disk], check=True)
    try:
        attempt.take()
        attempt.die_in(f"exhaust=disk&file={disk}/basket")
        attempt.record_of(attempt.targets[0])
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


# Recycling and stopping.

def recycled(attempt: Attempt) -> None:
    """An operator recycles it, idle."""
    attempt.take()
    attempt.serve_one()
    attempt.order("Recycle")


def retired(times: int, query: str = "size=10"):
    """It has answered so many requests of that kind."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        for _ in range(times):
            attempt.serve_one(query)
    return deed


def ages(attempt: Attempt) -> None:
    """It grows old, idle."""
    attempt.take()
    attempt.serve_one()


def drained_while(then, query: str = "size=10"):
    """An operator recycles it in the middle of a request; then."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        asking = attempt.hold(query)
        attempt.order("Recycle")
        attempt.wait_event("draining")
        then(attempt, asking)
    return deed


def nothing_more(attempt: Attempt, asking) -> None:
    """The request goes on for ever."""


def released(attempt: Attempt, asking) -> None:
    """The request does what its query says."""
    asking.release()


def struck(name: str):
    def then(attempt: Attempt, asking) -> None:
        attempt.kill(name)
    return then


def policy_changes(attempt: Attempt) -> None:
    """The file changes what workers are started with."""
    attempt.take()
    attempt.serve_one()
    attempt.reload({"app": {"environment": {"CHANGED": "yes"}}})


def slot_removed(attempt: Attempt) -> None:
    """The file has one address less."""
    attempt.take(1)
    attempt.serve_one(place=1)
    first = attempt.recycler.first_port
    attempt.reload({"app": {"listen": f"127.0.0.1:{first}"}})


def app_stopped(attempt: Attempt) -> None:
    """Whoever runs the daemon ends it."""
    attempt.take()
    attempt.serve_one()
    attempt.recycler.process.signal(signal.SIGTERM)
    assert attempt.recycler.process.wait(attempt.patience) == 0, attempt.recycler.process.output()


def app_stopped_at_once(attempt: Attempt) -> None:
    """Two SIGTERMs to the daemon, while a request runs."""
    attempt.take()
    attempt.begin()
    attempt.recycler.process.signal(signal.SIGTERM)
    attempt.wait_event("draining")
    attempt.recycler.process.signal(signal.SIGTERM)
    assert attempt.recycler.process.wait(attempt.patience) is not None, attempt.recycler.process.output()


def _write(path, text: str) -> None:
    """In one step: a file that is being written cannot be executed."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.rename(path)


def furnish(home, mode: int = 0o755) -> None:
    """What a start needs: {home}/program, a script, and {home}/folder to start it in."""
    _write(home / "program", f"#!/bin/sh\nexec {machine.TEST_PROGRAMS}/app --mortal\n")
    (home / "folder").mkdir(exist_ok=True)
    (home / "folder").chmod(mode)


def script(text: str):
    """The program becomes that script."""
    return lambda home: _write(home / "program", text.format(home=home, app=machine.TEST_PROGRAMS / "app"))


def at_next_start(spoil, then=lambda attempt: None):
    """Something that a start needs is spoiled under a running app, and its worker killed: this way is about the next one."""
    def deed(attempt: Attempt) -> None:
        home = attempt.runner.home
        worker = attempt.serving()
        attempt.also(worker["generation"], "killed")
        target = attempt.expect_next()
        spoil(home)
        try:
            attempt.kill("KILL", worker["pid"])
            then(attempt)
            attempt.record_of(target)
        finally:
            furnish(home)
        attempt.also_until_serving(target.generation)
    return deed


def at_handover(spoil):
    """The same, of a successor that is to take over: the old worker goes on serving."""
    def deed(attempt: Attempt) -> None:
        home = attempt.runner.home
        worker = attempt.serving()
        target = attempt.expect_next()
        spoil(home)
        try:
            attempt.order("Recycle")
            attempt.record_of(target)
            assert attempt.serving()["pid"] == worker["pid"] and alive(worker["pid"]), "the old worker is gone"
            assert ask(attempt.address(), seconds=attempt.patience) is not None, "the old worker does not answer"
        finally:
            furnish(home)
    return deed


def at_first_start(attempt: Attempt) -> None:
    """Nothing but to start it."""
    attempt.expect(1)


def killed_while_starting(attempt: Attempt) -> None:
    """From outside, before its first accept."""
    target = attempt.targets[-1]

    def starting():
        worker = attempt.look()["worker"]
        return worker and worker["generation"] == target.generation and worker["pid"]
    target.pid = attempt.wait(starting, "it has been started")
    furnish(attempt.runner.home)  # for the next one
    attempt.kill("KILL", target.pid)


# While nobody looks.

def controller_away(name: str | None, query: str | None = None):
    """The controller is stopped; the worker ends, of a signal or of what a request makes it do; the controller is killed."""
    def deed(attempt: Attempt) -> None:
        attempt.take()
        held = attempt.hold(query or "size=10")
        controller = attempt.recycler.controller()
        os.kill(controller, signal.SIGSTOP)
        if query:
            held.release()
        else:
            attempt.kill(name)
        assert wait_gone(attempt.pid, attempt.patience), "it lives"
        with contextlib.suppress(ProcessLookupError):  # its watchdog was quicker
            os.kill(controller, signal.SIGKILL)
    return deed


def with_the_controller(attempt: Attempt) -> None:
    """One kill for the controller and for the worker."""
    attempt.take()
    attempt.serve_one()
    attempt.kill("KILL", attempt.recycler.controller(), attempt.pid)


def during_reload(attempt: Attempt) -> None:
    """The daemon is told to read its policy again, and the worker is killed at once."""
    attempt.take()
    attempt.serve_one()
    attempt.kill("HUP", attempt.recycler.process.pid)
    attempt.kill("KILL")


def cgroup_taken_away(attempt: Attempt) -> None:
    """The controller is stopped; the worker is killed, and its cgroup removed by somebody."""
    worker = attempt.take()
    path = memory_directory(attempt.look()["worker"]["cgroup"])
    attempt.serve_one()
    controller = attempt.recycler.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        attempt.kill("KILL")
        assert wait_gone(worker.pid, attempt.patience), "it lives"
        attempt.wait(lambda: _removed(path), "its cgroup is removed")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(controller, signal.SIGCONT)


def _removed(path) -> bool:
    try:
        path.rmdir()
    except OSError:  # EBUSY until the last of it is gone
        return not path.exists()
    return True


def php_child_killed(attempt: Attempt) -> None:
    """A child of php-cgi within a request, by somebody, which is nobody's end; then the parent."""
    target = attempt.take()
    asking = attempt.begin(script="/app.php", root=str(machine.TEST_PROGRAMS))
    child = attempt.wait(lambda: [pid for pid in children_of(attempt.pid) if not waits_in_accept(pid)], "one serves")[0]
    attempt.kill("SEGV", child)
    event = attempt.wait_event("child-died")
    told_at = time.monotonic()
    assert (event["pid"], event["requests_cut"]) == (child, 1) and LONG in event["uri"], str(event)
    assert event.get("signal", "SIGSEGV") == "SIGSEGV" and "1 request was cut off" in event["text"], str(event)
    assert asking.answer(attempt.patience) is None, "answered"
    attempt.hanging.clear()
    target.in_flight = None
    attempt.wait(lambda: child not in children_of(attempt.pid) and len(children_of(attempt.pid)) == 2, "php-cgi has another child")
    # What ends within 100 ms counts as one end, as when the kernel kills all of a worker.
    attempt.wait(lambda: time.monotonic() - told_at > 0.2, "the two ends lie apart")
    attempt.kill("KILL")
