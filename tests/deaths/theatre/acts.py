# SPDX-License-Identifier: MIT
"""What is done to a worker: each gives an act for a row of the matrix."""

import contextlib
import os
import signal
import subprocess

from harness import machine
from harness.fastcgi import ask
from harness.memory import memory_directory
from harness.processes import alive, children_of, wait_gone
from theatre.scene import LONG, Scene


def sent(name: str | int, served: int = 1):
    """That signal, from another process, to a worker between two requests."""
    def act(scene: Scene) -> None:
        scene.take()
        for _ in range(served):
            scene.serve_one()
        scene.kill(name)
    return act


def sent_within(name: str | int):
    """The same, in the middle of a request."""
    def act(scene: Scene) -> None:
        scene.take()
        scene.begin()
        scene.kill(name)
    return act


def asked(query: str, before: int = 0, **names):
    """A request that does it."""
    def act(scene: Scene) -> None:
        scene.take()
        for _ in range(before):
            scene.serve_one(**names)
        scene.die_in(query, **names)
    return act


def broken_off(scene: Scene) -> None:
    """An exception that nobody catches. FCGI.pm ends the request all the same, without a word in its answer: it counts."""
    scene.take().answered += 1
    answer = ask(scene.address(), f"nonce={scene.nonce}&die=1", seconds=scene.patience)
    assert answer == {}, f"it was answered: {answer}"


def afterwards(query: str):
    """A request that is answered, and has a thread do it later, when its connection is closed."""
    def act(scene: Scene) -> None:
        scene.take()
        scene.serve_one(f"{query}&after={scene.company.later_ms}")
    return act


def answered(query: str, times: int = 1, **names):
    """Requests that are answered, the last of which has this query."""
    def act(scene: Scene) -> None:
        scene.take()
        for _ in range(times - 1):
            scene.serve_one(**names)
        scene.serve_one(query, **names)
    return act


def finished_first(name: str):
    """That signal within a request, which is answered all the same."""
    def act(scene: Scene) -> None:
        target = scene.take()
        asking = scene.hold("size=10")
        scene.kill(name)
        assert asking.release().answer(scene.patience) is not None, "not answered"
        scene.hanging.clear()
        target.in_flight, target.answered = None, 1
    return act


def outgrows_over_many(kib: int):
    """Request after request keeps some memory, until there is no more."""
    def act(scene: Scene) -> None:
        target = scene.take()
        query = f"nonce={scene.nonce}&leak={kib}"
        while ask(scene.address(), query, seconds=scene.patience) is not None:
            target.answered += 1
        assert target.answered > 3, f"only {target.answered} requests"
        target.in_flight = query
    return act


def both(query: str):
    """The same request to two workers at the same time."""
    def act(scene: Scene) -> None:
        for place in (0, 1):
            scene.take(place)
            scene.hold(query, place)
        for asking in scene.hanging:
            asking.release()
    return act


def both_sent(name: str):
    """One kill for two workers."""
    def act(scene: Scene) -> None:
        for place in (0, 1):
            scene.take(place)
            scene.serve_one(place=place)
        scene.kill(name, *(target.pid for target in scene.targets))
    return act


def neighbour_grows(scene: Scene) -> None:
    """One worker holds most of what the app may have, idle; the other one asks for more."""
    scene.take(0)
    scene.serve_one("leak=61440")
    scene.serve_one("leak=40960", place=1)


def by_its_sibling(name: str):
    """Another worker of the app sends it."""
    def act(scene: Scene) -> None:
        scene.take(0)
        scene.serve_one()
        sibling = scene.serving(1)["pid"]
        scene.notes["sibling"] = f"(pid {sibling}"
        scene.serve_one(f"kill={scene.pid}&signal={int(signal.Signals[f'SIG{name}'])}", place=1)
    return act


def a_thread_leaves(scene: Scene) -> None:
    """One thread is in a request, another one ends the process."""
    target = scene.take()
    scene.begin()
    scene.serve_one("leave=0")
    assert target.in_flight.endswith(LONG)


def stopped_in_a_request(scene: Scene) -> None:
    """SIGSTOP from outside, and nobody continues it."""
    scene.take()
    scene.begin()
    scene.kill("STOP")


def fills_the_disk(scene: Scene) -> None:
    """Writes to a disk of 64 KiB."""
    disk = scene.play.home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "none", disk], check=True)
    try:
        scene.take()
        scene.die_in(f"exhaust=disk&file={disk}/basket")
        scene.record_of(scene.targets[0])
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


# Recycling and stopping.

def recycled(scene: Scene) -> None:
    """An operator recycles it, idle."""
    scene.take()
    scene.serve_one()
    scene.order("Recycle")


def retired(times: int, query: str = "size=10"):
    """It has answered so many requests of that kind."""
    def act(scene: Scene) -> None:
        scene.take()
        for _ in range(times):
            scene.serve_one(query)
    return act


def ages(scene: Scene) -> None:
    """It grows old, idle."""
    scene.take()
    scene.serve_one()


def drained_while(then, query: str = "size=10"):
    """An operator recycles it in the middle of a request; then."""
    def act(scene: Scene) -> None:
        scene.take()
        asking = scene.hold(query)
        scene.order("Recycle")
        scene.wait_event("draining")
        then(scene, asking)
    return act


def nothing_more(scene: Scene, asking) -> None:
    """The request goes on for ever."""


def released(scene: Scene, asking) -> None:
    """The request does what its query says."""
    asking.release()


def struck(name: str):
    def then(scene: Scene, asking) -> None:
        scene.kill(name)
    return then


def policy_changes(scene: Scene) -> None:
    """The file changes what workers are started with."""
    scene.take()
    scene.serve_one()
    scene.reload({"app": {"environment": {"CHANGED": "yes"}}})


def slot_removed(scene: Scene) -> None:
    """The file has one address less."""
    scene.take(1)
    scene.serve_one(place=1)
    first = scene.recycler.first_port
    scene.reload({"app": {"listen": f"127.0.0.1:{first}"}})


def app_stopped(scene: Scene) -> None:
    """Whoever runs the daemon ends it."""
    scene.take()
    scene.serve_one()
    scene.recycler.process.signal(signal.SIGTERM)
    assert scene.recycler.process.wait(scene.patience) == 0, scene.recycler.process.output()


def app_stopped_at_once(scene: Scene) -> None:
    """Two SIGTERMs to the daemon, while a request runs."""
    scene.take()
    scene.begin()
    scene.recycler.process.signal(signal.SIGTERM)
    scene.wait_event("draining")
    scene.recycler.process.signal(signal.SIGTERM)
    assert scene.recycler.process.wait(scene.patience) is not None, scene.recycler.process.output()


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


def at_next_start(spoil, then=lambda scene: None):
    """Something that a start needs is spoiled under a running app, and its worker killed: this way is about the next one."""
    def act(scene: Scene) -> None:
        home = scene.play.home
        worker = scene.serving()
        scene.also(worker["generation"], "killed")
        target = scene.expect_next()
        spoil(home)
        try:
            scene.kill("KILL", worker["pid"])
            then(scene)
            scene.record_of(target)
        finally:
            furnish(home)
        scene.also_until_serving(target.generation)
    return act


def at_handover(spoil):
    """The same, of a successor that is to take over: the old worker goes on serving."""
    def act(scene: Scene) -> None:
        home = scene.play.home
        worker = scene.serving()
        target = scene.expect_next()
        spoil(home)
        try:
            scene.order("Recycle")
            scene.record_of(target)
            assert scene.serving()["pid"] == worker["pid"] and alive(worker["pid"]), "the old worker is gone"
            assert ask(scene.address(), seconds=scene.patience) is not None, "the old worker does not answer"
        finally:
            furnish(home)
    return act


def at_first_start(scene: Scene) -> None:
    """Nothing but to start it."""
    scene.expect(1)


def killed_while_starting(scene: Scene) -> None:
    """From outside, before its first accept."""
    target = scene.targets[-1]

    def starting():
        worker = scene.look()["worker"]
        return worker and worker["generation"] == target.generation and worker["pid"]
    target.pid = scene.wait(starting, "it has been started")
    furnish(scene.play.home)  # for the next one
    scene.kill("KILL", target.pid)


# While nobody looks.

def controller_away(name: str | None, query: str | None = None):
    """The controller is stopped; the worker ends, of a signal or of what a request makes it do; the controller is killed."""
    def act(scene: Scene) -> None:
        scene.take()
        held = scene.hold(query or "size=10")
        controller = scene.recycler.controller()
        os.kill(controller, signal.SIGSTOP)
        if query:
            held.release()
        else:
            scene.kill(name)
        assert wait_gone(scene.pid, scene.patience), "it lives"
        with contextlib.suppress(ProcessLookupError):  # its watchdog was quicker
            os.kill(controller, signal.SIGKILL)
    return act


def with_the_controller(scene: Scene) -> None:
    """One kill for the controller and for the worker."""
    scene.take()
    scene.serve_one()
    scene.kill("KILL", scene.recycler.controller(), scene.pid)


def during_reload(scene: Scene) -> None:
    """The daemon is told to read its policy again, and the worker is killed at once."""
    scene.take()
    scene.serve_one()
    scene.kill("HUP", scene.recycler.process.pid)
    scene.kill("KILL")


def cgroup_taken_away(scene: Scene) -> None:
    """The controller is stopped; the worker is killed, and its cgroup removed by somebody."""
    worker = scene.take()
    path = memory_directory(scene.look()["worker"]["cgroup"])
    scene.serve_one()
    controller = scene.recycler.controller()
    os.kill(controller, signal.SIGSTOP)
    try:
        scene.kill("KILL")
        assert wait_gone(worker.pid, scene.patience), "it lives"
        scene.wait(lambda: _removed(path), "its cgroup is removed")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(controller, signal.SIGCONT)


def _removed(path) -> bool:
    try:
        path.rmdir()
    except OSError:  # EBUSY until the last of it is gone
        return not path.exists()
    return True


def php_child_killed(scene: Scene) -> None:
    """A child of php-cgi, by somebody, which is nobody's end; then the parent."""
    scene.take()
    child = scene.wait(lambda: children_of(scene.pid), "php-cgi has children")[0]
    scene.kill("KILL", child)
    scene.wait(lambda: child not in children_of(scene.pid) and len(children_of(scene.pid)) == 2, "php-cgi has another child")
    scene.kill("KILL")
