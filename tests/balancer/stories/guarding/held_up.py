# SPDX-License-Identifier: MIT
"""What others do never holds the controller's loop: it recycles in time, and its watchdog has nothing to do."""

import os
import selectors
import signal
import threading
import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.load import Load, lost
from harness.daemon.control import Control, call_bytes
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.replacing.handovers import completed, settled

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20
COUNT = 64
WHOLE_HISTORY = call_bytes("Why", since="1970-01-01T00:00:00Z")


class Askers(threading.Thread):
    """`count` clients, each of which asks for the whole history again and again."""

    def __init__(self, control: Control, count: int):
        super().__init__(daemon=True)
        self.clients = [control.connect() for _ in range(count)]
        self.stopping = threading.Event()
        self.told, self.busy, self.closed = 0, 0, 0

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                client.sendall(WHOLE_HISTORY)
                selector.register(client, selectors.EVENT_READ, bytearray())
            while not self.stopping.is_set() and self.closed < len(self.clients):
                for key, _ in selector.select(0.2):
                    self.read(selector, key.fileobj, key.data)
        for client in self.clients:
            client.close()

    def read(self, selector, client, so_far: bytearray) -> None:
        piece = client.recv(1 << 20)
        if not piece:
            self.closed += 1
            selector.unregister(client)
            return
        so_far += piece
        if so_far.endswith(b"\0"):
            refused = so_far.startswith(b'{"error"')
            self.busy += refused
            self.told += not refused
            so_far.clear()
            client.sendall(WHOLE_HISTORY)

    def stop(self) -> None:
        self.stopping.set()
        self.join(10)


def fill_history(recycler: Recycler) -> int:
    """As many records as the report file and those before it may hold, in the words of the first, and room for those of the story;
    the bytes."""
    line = next(line for line in recycler.report_file.read_text().splitlines() if '"kind"' in line) + "\n"
    block = line * (14 * MIB // len(line))
    for name in [recycler.report_file.name, *(f"{recycler.report_file.name}.{age}" for age in range(1, 5))]:
        with recycler.report_file.with_name(name).open("a") as report:
            report.write(block)
    return 5 * len(block)


@story
def whoever_asks_for_a_long_history_in_a_loop_delays_no_recycle(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 4, {"memory": {"max": "128MiB"}, "recycle": {"memory": "64MiB"}}).start()
    os.kill(recycler.slot(recycler.slots[0])["worker"]["pid"], signal.SIGKILL)
    recycler.wait_end(recycler.slots[0])
    size = fill_history(recycler)
    wait_until(recycler.all_serving, 30, "all serve again")
    controller = recycler.controller()
    web = Lighttpd(stage, recycler.addresses)
    askers = Askers(Control(recycler), 32)
    askers.start()
    client = Load(stage, web.url, requests=10_000, connections=16, query="leak=200&sleep=0-4")
    slowest = 0.0
    operator = Control(recycler)
    while client.running():
        began = time.monotonic()
        operator.call("Status")
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)
    summary = client.result()
    askers.stop()
    settled(recycler)
    recycles = completed(recycler, "memory")
    loop = recycler.status()["loop"]
    lives = recycler.ends()[-recycles:]
    verdicts = sorted({end["verdict"] for end in lives})
    peak = max(end["memory"]["peak"] or 0 for end in lives)
    figures = (f"{size / MIB:.0f} MiB of history told {askers.told} times to 32 clients, busy {askers.busy} times; {recycles} recycles "
               f"by memory, highest peak {peak / MIB:.1f} MiB of 128; slowest status {slowest * 1000:.0f} ms, longest turn "
               f"{loop['longest_s'] * 1000:.0f} ms, of the processor {loop['longest_cpu_s'] * 1000:.0f} ms; {load.in_words(summary)}")
    assert lost(summary) == 0, figures
    assert verdicts == ["recycled"] and recycles >= 10_000 * 200 // (128 << 10) - recycler.count, f"{verdicts}; {figures}"
    assert askers.told >= 2 and askers.closed == 0, figures
    assert recycler.controller() == controller, figures
    # One reading of it takes as long as hundreds of turns.
    assert loop["longest_cpu_s"] < 0.05, figures
    return figures


def recorded_and_replaced(recycler: Recycler, operator: Control, deed, dead: int) -> str:
    """Does the deed, which ends `dead` workers at once, and waits until each has its record and all serve again; how long that took."""
    recorded = len(recycler.ends())
    began = time.monotonic()
    deed()
    slowest = 0.0
    while len(recycler.ends()) < recorded + dead:
        asked = time.monotonic()
        operator.call("Status")
        slowest = max(slowest, time.monotonic() - asked)
        assert time.monotonic() - began < 30, f"{len(recycler.ends()) - recorded} of {dead} records"
        time.sleep(0.02)
    wait_until(recycler.all_serving, 30, "all serve again")
    took = time.monotonic() - began
    ends = recycler.ends()
    names = {(end["slot"], end["generation"]) for end in ends}
    assert len(ends) == recorded + dead == len(names), f"{len(ends)} records of {len(names)} workers, {recorded} before"
    return f"all serve again after {took:.1f} s, slowest status {slowest * 1000:.0f} ms"


def judge_loop(recycler: Recycler, operator: Control, controller: int, words: list[str]) -> str:
    """No turn was long, and the watchdog ended nobody."""
    loop = operator.call("Status")["loop"]
    figures = (f"{'; '.join(words)}; longest turn {loop['longest_s'] * 1000:.0f} ms, of the processor "
               f"{loop['longest_cpu_s'] * 1000:.0f} ms, waiting {loop['longest_waiting_s'] * 1000:.0f} ms")
    assert recycler.controller() == controller, f"the controller was replaced: {figures}; {recycler.process.output()[-2000:]}"
    assert loop["longest_cpu_s"] < 0.3, figures
    return figures


@story
def when_all_workers_die_at_once_the_loop_waits_for_nobody(stage):
    machine.need_root()
    recycler = Recycler(stage, COUNT).start()
    controller = recycler.controller()
    operator = Control(recycler, seconds=30)
    words = []
    for number, ended in [(signal.SIGSYS, "forbidden-syscall"), (signal.SIGSEGV, "crashed")]:
        pids = recycler.worker_pids()
        def kill_each(pids=pids, number=number):
            for pid in pids:
                os.kill(pid, number)
        words.append(f"{number.name}: {recorded_and_replaced(recycler, operator, kill_each, COUNT)}")
        last = recycler.ends()[-COUNT:]
        # If the kernel shows who sent it, it is no doing of the worker's.
        assert {end["verdict"] for end in last} in ({ended}, {"killed"}), str(last[0])
        assert {end["pid"] for end in last} == set(pids), str(last[0])
    return judge_loop(recycler, operator, controller, words)


@story
def a_worker_that_kills_all_of_its_user_is_left_alone_with_a_controller_that_goes_on(stage):
    machine.need_root()
    # Of its own, so that kill(-1) meets nobody but these workers.
    user = str(61_000 + os.getpid() % 4000)
    recycler = Recycler(stage, COUNT, {"app": {"user": user, "group": user}}).start()
    controller = recycler.controller()
    operator = Control(recycler, seconds=30)
    words = []
    for number, ended in [(signal.SIGSYS, "forbidden-syscall"), (signal.SIGKILL, "killed"), (signal.SIGSEGV, "crashed")]:
        killer = recycler.slot(recycler.slots[0])["worker"]["pid"]
        others = set(recycler.worker_pids()) - {killer}
        def kill_all(number=number):
            assert ask(recycler.addresses[0], f"nonce=1&kill=-1&signal={number.value}", seconds=20) is not None
        words.append(f"{number.name}: {recorded_and_replaced(recycler, operator, kill_all, COUNT - 1)}")
        last = recycler.ends()[1 - COUNT:]
        # "killed": where the kernel tells who sent it.
        assert {end["verdict"] for end in last} <= {ended, "killed"} and {end["pid"] for end in last} == others, str(last[0])
        assert recycler.slot(recycler.slots[0])["worker"]["pid"] == killer, "the killer was replaced"
    return judge_loop(recycler, operator, controller, words)
