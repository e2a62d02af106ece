# SPDX-License-Identifier: MIT
"""What workers write to stderr stands in the journal, as theirs, before their end, once."""

import os
import signal
import time

from harness.clients.fastcgi import Asking, ask
from harness.daemon.journald import Journald
from harness.daemon.recycler import Recycler
from harness.processes import cpu_seconds, wait_until
from harness.stories import Collection
from stories.dying.outages import next_controller

STORIES = Collection()
story = STORIES.story

LINES = 8  # that a worker writes for one request


def lines_of(journald: Journald, recycler: Recycler, slot: str) -> list[dict]:
    return journald.entries(f"SYSLOG_IDENTIFIER={recycler.app}", f"RECYCLER_SLOT={slot}")


def all_lines(entries: list[dict], count: int) -> list[dict] | None:
    return entries if len(entries) >= count else None


@story
def what_a_worker_writes_stands_in_the_journal_once_although_the_controller_is_killed(stage):
    journald = Journald(stage)
    recycler = Recycler(stage, 1, prefix=journald.connected)
    recycler.start()
    slot = recycler.slots[0]
    pid = recycler.slot(slot)["worker"]["pid"]
    assert ask(recycler.addresses[0], f"nonce=1&complain={LINES}") is not None
    before = wait_until(lambda: all_lines(lines_of(journald, recycler, slot), LINES), 20, "the worker's lines are in the journal")
    assert {(entry["OBJECT_PID"], entry["RECYCLER_GENERATION"], entry["PRIORITY"]) for entry in before} == \
        {(str(pid), "1", "6")}, str(before[0])
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    next_controller(recycler, controller, 20)
    recycler.wait_serving(slot, 1, 20)
    assert ask(recycler.addresses[0], f"nonce=2&complain={LINES}") is not None
    os.kill(pid, signal.SIGKILL)
    recycler.wait_serving(slot, 2, 20)
    ended = wait_until(lambda: journald.entries("RECYCLER_EVENT=ended", f"RECYCLER_APP={recycler.app}"), 20, "its end is there")[0]
    lines = [entry for entry in lines_of(journald, recycler, slot) if entry["RECYCLER_GENERATION"] == "1"]
    assert len(lines) == 2 * len(before) == 2 * LINES, f"{len(lines)} lines, {len(before)} after the first request"
    assert all(int(line["__REALTIME_TIMESTAMP"]) <= int(ended["__REALTIME_TIMESTAMP"]) for line in lines), "its end comes first"
    return f"{len(lines)} lines of one worker over two controllers, all before its end"


@story
def workers_that_flood_stderr_wait_and_cost_the_daemon_next_to_nothing(stage):
    journald = Journald(stage)
    recycler = Recycler(stage, 5, prefix=journald.connected).start()
    own = {"keeper": recycler.process.pid, "controller": recycler.controller()}
    used = {name: cpu_seconds(pid) for name, pid in own.items()}
    began = time.monotonic()
    floods = [Asking(address, "nonce=1&babble=2000") for address in recycler.addresses[:3]]
    dying = Asking(recycler.addresses[3], "nonce=1&babble=2000&crash=abort")
    answered = 0
    while time.monotonic() < began + 1.8:
        assert ask(recycler.addresses[4], "nonce=2&complain=1", seconds=20) is not None, f"after {answered} answers"
        answered += 1
    spared = recycler.slot(recycler.slots[4])["worker"]["generation"]
    assert dying.answer(60) is None and all(flood.answer(60) for flood in floods)
    took = time.monotonic() - began
    shares = {name: (cpu_seconds(pid) - used[name]) / took for name, pid in own.items()}
    record = wait_until(recycler.why, 20, "its end is recorded")[0]
    count = int(record["stderr"][-1].split()[0])
    expected = [*(f"line {number}" for number in range(count - 18, count + 1)), f"{count} lines"]
    figures = (f"4 workers flood for {took:.1f} s, one writes {count} lines: the keeper uses {shares['keeper']:.1%}, the controller "
               f"{shares['controller']:.1%} of a processor; {answered} answers of the fifth meanwhile")
    assert shares["keeper"] < 0.1 and shares["controller"] < 0.3, figures
    assert record["verdict"] == "crashed" and record["stderr"] == expected, f"{record['stderr']}; {figures}"
    assert spared == 1 and answered >= 10, figures
    return figures
