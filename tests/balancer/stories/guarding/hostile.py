# SPDX-License-Identifier: MIT
"""Clients of the control socket that mean no good: who asks the workers does not notice, nor does who asks for the status."""

import contextlib
import inspect
import itertools
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness import machine
from harness.clients import crowd, load
from harness.clients.load import Load, lost
from harness.daemon.control import Control, Gone, call_bytes
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()

MIB = 1 << 20
RUBBISH = [b"\0" * 4096, b"GET / HTTP/1.1\r\n\r\n\0", b'{"method":"io.recycler.Explode"}\0', b"[" * 65536 + b"\0",
           b'{"method":"io.recycler.Drain","parameters":{"slots":7}}\0', b"\xff\xfe\0",
           b'{"method":"io.recycler.Status","more":3}\0',
           b'{"method":"io.recycler.Recycle","parameters":{"slots":["65536",""]}}\0', b'{"method":' + b'"' * 9000 + b"\0"]


class Harasser(threading.Thread):
    """Does the same to the control socket over and over, each time on a new connection, until it is told to stop."""

    def __init__(self, control: Control, deed):
        super().__init__(daemon=True)
        self.control, self.deed = control, deed
        self.stopping = threading.Event()
        self.times = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            # Refused, cut off or not taken at all: that is the daemon's right.
            with contextlib.suppress(OSError, Gone), self.control.connect() as client:
                self.deed(self, client)
            self.times += 1
            time.sleep(0.002)

    def stop(self) -> None:
        self.stopping.set()


def talk_rubbish(harasser: Harasser, client: socket.socket) -> None:
    client.sendall(RUBBISH[harasser.times % len(RUBBISH)])
    client.recv(4096)


def say_half(harasser: Harasser, client: socket.socket) -> None:
    client.sendall(call_bytes("Status")[:harasser.times % 30 + 1])
    harasser.stopping.wait(0.5)


def send_much(harasser: Harasser, client: socket.socket) -> None:
    piece = b"{" + b'"a":1,' * 10_000
    for _ in range(100 * MIB // len(piece)):
        client.sendall(piece)


def stay_silent(harasser: Harasser, _) -> None:
    harasser.stopping.wait(3)


def never_read(harasser: Harasser, client: socket.socket) -> None:
    client.settimeout(0.5)
    client.sendall(b'{"method":"io.recycler.Events","parameters":{"follow":true},"more":true}\0')
    with contextlib.suppress(TimeoutError):
        while not harasser.stopping.is_set():
            client.sendall(call_bytes("Status"))
    harasser.stopping.wait(1)


def hang_up(_, client: socket.socket) -> None:
    client.sendall(call_bytes("Why") + call_bytes("Events") + call_bytes("Status"))


class Watcher(threading.Thread):
    """Asks for the status on one connection, steadily; each answer's time."""

    def __init__(self, control: Control):
        super().__init__(daemon=True)
        self.control = control
        self.took: list[float] = []
        self.fault: Exception | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                began = time.monotonic()
                assert self.control.call("Status")["slots"]
                self.took.append(time.monotonic() - began)
                time.sleep(0.01)
        except Exception as error:  # told by the story
            self.fault = error


def in_words(took: list[float]) -> str:
    return f"median {sorted(took)[len(took) // 2] * 1000:.1f} ms, worst {max(took) * 1000:.1f} ms of {len(took)}"


def peak_memory(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def besiege(stage, control: Control, user: str | None) -> list[int]:
    """Five hundred connections at once, first of ours, then of the app's user; how often each crowd was answered."""
    answers = []
    # The keyword is not given at all where it could not be used.
    for options in [{}, {"user": user} if user else {}]:
        # By its text: another user may not be able to enter this tree.
        gang = stage.start([sys.executable, "-c", inspect.getsource(crowd), control.path, 500], f"crowd-{len(answers)}",
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **options)
        said = b""
        def ready():
            nonlocal said
            said += gang.read_available()
            return b"ready" in said
        wait_until(ready, 30, "the crowd has connected")
        until = time.monotonic() + 2
        wait_until(lambda: time.monotonic() > until, 5, "two seconds of it")
        gang.close_input()
        assert gang.wait(20) == 0, gang.output()
        answers.append(int((said + gang.read_available()).split()[-1]))
    return answers


@STORIES.story
def clients_that_mean_no_good_cost_no_request_and_status_is_always_answered(stage):
    recycler = Recycler(stage, 4).start()
    web = Lighttpd(stage, recycler.addresses)
    controller = recycler.controller()
    client = Load(stage, web.url, duration=60, connections=8, query="sleep=0-4")
    control = Control(recycler, seconds=20)
    watcher = Watcher(Control(recycler, seconds=20))
    watcher.start()
    wait_until(lambda: len(watcher.took) >= 150 or watcher.fault, 30, "the status is answered in peace")
    in_peace = list(watcher.took)
    before = peak_memory(controller)

    deeds = [talk_rubbish, say_half, send_much, stay_silent, never_read, never_read, hang_up]
    harassers = [Harasser(control, deed) for deed in deeds]
    for harasser in harassers:
        harasser.start()
    slots = itertools.cycle(recycler.slots)
    worked = Control(recycler, seconds=20)
    until, done = time.monotonic() + 6, 0
    while time.monotonic() < until or done < 3:
        worked.call("Recycle", slots=[next(slots)], wait=True)  # and it works meanwhile
        done += 1
    answers = besiege(stage, control, machine.worker_user())
    for harasser in harassers:
        harasser.stop()
    for harasser in harassers:
        harasser.join(20)
    watcher.stopping.set()
    watcher.join(20)
    summary = client.end()

    under_fire = watcher.took[len(in_peace):]
    grown = peak_memory(controller) - before
    recycler.wait_recorded()
    recycles = recycler.status()["totals"]["recycles"].get("operator", 0)
    did = ", ".join(f"{harasser.deed.__name__} {harasser.times}" for harasser in harassers)
    figures = (f"status in peace {in_words(in_peace)}; under fire {in_words(under_fire)}; the controller grew by "
               f"{grown / MIB:.1f} MiB; {did}; crowds answered {answers}; {recycles} recycles meanwhile; {load.in_words(summary)}")
    assert watcher.fault is None, f"{watcher.fault!r}; {figures}"
    assert lost(summary) == 0, figures
    assert recycler.controller() == controller, f"the controller was replaced; {figures}"
    assert grown < 64 * MIB, figures
    assert recycles >= 3 and all(harasser.times > 0 for harasser in harassers), figures
    return figures
