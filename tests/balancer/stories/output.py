# SPDX-License-Identifier: MIT
"""What workers write to stderr stands in the journal, as theirs, before their end, once."""

import os
import signal

from harness.fastcgi import ask
from harness.journald import Journald
from harness.processes import wait_until
from harness.recycler import Recycler
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def lines_of(journald: Journald, recycler: Recycler, slot: str) -> list[dict]:
    return journald.entries(f"SYSLOG_IDENTIFIER={recycler.app}", f"RECYCLER_SLOT={slot}")


@story
def what_a_worker_writes_stands_in_the_journal_once_although_the_controller_is_killed(stage):
    journald = Journald(stage)
    recycler = Recycler(stage, 1, prefix=journald.connected)
    recycler.start()
    slot = recycler.slots[0]
    pid = recycler.slot(slot)["worker"]["pid"]
    assert ask(recycler.addresses[0], "nonce=1&complain=8") is not None
    before = wait_until(lambda: lines_of(journald, recycler, slot), 20, "the worker's lines are in the journal")
    assert {(entry["OBJECT_PID"], entry["RECYCLER_GENERATION"], entry["PRIORITY"]) for entry in before} == \
        {(str(pid), "1", "6")}, str(before[0])
    os.kill(recycler.status()["pid"], signal.SIGKILL)
    recycler.wait_serving(slot, 1, 20)
    assert ask(recycler.addresses[0], "nonce=2&complain=8") is not None
    os.kill(pid, signal.SIGKILL)
    recycler.wait_serving(slot, 2, 20)
    ended = wait_until(lambda: journald.entries("RECYCLER_EVENT=ended", f"RECYCLER_APP={recycler.app}"), 20, "its end is there")[0]
    lines = [entry for entry in lines_of(journald, recycler, slot) if entry["RECYCLER_GENERATION"] == "1"]
    assert len(lines) == 2 * len(before), f"{len(lines)} lines, {len(before)} after the first request"
    assert all(int(line["__REALTIME_TIMESTAMP"]) <= int(ended["__REALTIME_TIMESTAMP"]) for line in lines), "its end comes first"
    return f"{len(lines)} lines of one worker over two controllers, all before its end"
