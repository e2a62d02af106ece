# SPDX-License-Identifier: MIT
"""What workers write to stderr stands in the journal, as theirs, before their end, once."""

import os
import signal

from harness.clients.fastcgi import ask
from harness.daemon.journald import Journald
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
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
