# SPDX-License-Identifier: MIT
"""Under the journal every event is an entry of it, only what somebody should look at is a warning, and history is read back."""

import json
import os
import signal

from harness.clients.fastcgi import ask
from harness.daemon.journald import Journald, is_stopped
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection
from stories.dying.outages import next_controller

STORIES = Collection()
story = STORIES.story


def under_journald(stage, count: int = 2, changes: dict | None = None) -> tuple[Journald, Recycler]:
    journald = Journald(stage)
    return journald, Recycler(stage, count, changes, prefix=journald.connected)


def ends_in(journald: Journald, recycler: Recycler, *matches) -> list[dict]:
    return journald.entries(f"RECYCLER_APP={recycler.app}", "RECYCLER_EVENT=ended", *matches)


def wait_end(journald: Journald, recycler: Recycler, slot: str, generation: int) -> dict:
    """The entry of its end, once the journal has it; no other may stand beside it."""
    def found():
        entries = ends_in(journald, recycler, f"RECYCLER_SLOT={slot}", f"RECYCLER_GENERATION={generation}")
        assert len(entries) <= 1, f"{slot}.{generation} has ended {len(entries)} times"
        return entries[0] if entries else None
    return wait_until(found, 20, f"the journal has the end of {slot}.{generation}")


def crash(recycler: Recycler, slot: str) -> int:
    """The generation that crashed."""
    worker = recycler.slot(slot)["worker"]
    os.kill(worker["pid"], signal.SIGSEGV)
    recycler.wait_serving(slot, worker["generation"] + 1, 20)
    return worker["generation"]


@story
def each_event_is_an_entry_of_the_journal_and_only_a_death_is_a_warning_there(stage):
    journald, recycler = under_journald(stage)
    recycler.start()
    first, second = recycler.slots
    assert ask(recycler.addresses[0]) is not None
    recycler.ctl("recycle", second)
    crash(recycler, first)
    died = wait_end(journald, recycler, first, 1)
    retired = wait_end(journald, recycler, second, 1)
    assert (died["PRIORITY"], died["RECYCLER_VERDICT"]) == ("4", "crashed"), str(died)
    assert (retired["PRIORITY"], retired["RECYCLER_TRIGGER"]) == ("5", "operator"), str(retired)
    record = next(record for record in recycler.why() if record["verdict"] == "crashed")
    assert json.loads(died["RECYCLER_JSON"]) == record, f"{died['RECYCLER_JSON']} is not {record}"
    assert died["MESSAGE"] == record["sentence"] and died["RECYCLER_NEXT_STEP"] == record["next_step"], str(died)
    assert died["OBJECT_PID"] == str(record["pid"]), str(died)

    warnings = journald.entries("-p", "warning", f"RECYCLER_APP={recycler.app}")
    assert [entry["MESSAGE"] for entry in warnings] == [died["MESSAGE"]], str(warnings)
    told_twice = [entry for entry in journald.entries("_TRANSPORT=stdout") if died["MESSAGE"] in entry["MESSAGE"]]
    assert not told_twice, str(told_twice)
    entries = journald.entries(f"RECYCLER_APP={recycler.app}")
    assert all("MESSAGE_ID" in entry and entry["SYSLOG_IDENTIFIER"] == "recyclerd" for entry in entries), str(entries)
    assert not recycler.report_file.exists(), "the report file is written beside the journal"
    return f"{len(entries)} entries, {len(warnings)} of them a warning"


@story
def history_in_the_journal_outlives_the_controller_and_the_daemon_and_has_each_end_once(stage):
    journald, recycler = under_journald(stage)
    recycler.start()
    slot = recycler.slots[0]
    generation = 0
    for _ in range(5):  # killed about when it writes the record
        generation = crash(recycler, slot)
        controller = recycler.controller()
        os.kill(controller, signal.SIGKILL)
        next_controller(recycler, controller, 30)
        recycler.wait_serving(slot, generation + 1, 20)
    generations = list(range(1, generation + 1))
    for each in generations:
        wait_end(journald, recycler, slot, each)
    wait_until(lambda: recycler.status()["totals"]["ends"] == {"crashed": len(generations)}, 20, "all ends are counted")
    # The next controller reads what its predecessors wrote, beside all else.
    wait_until(lambda: (recycler.slot(slot)["last_end"] or {}).get("generation") == generation, 20, "its last end is known")
    told = recycler.why()
    # One that a controller left behind may be written after the next one.
    assert sorted(record["generation"] for record in told) == generations, str(told)
    assert [record["at"] for record in told] == sorted((record["at"] for record in told), reverse=True), str(told)
    assert recycler.stop() == 0

    before = len(generations) + recycler.count  # those that the stop has ended
    wait_until(lambda: len(ends_in(journald, recycler)) == before, 20, f"{before} ends are in the journal")
    recycler.start()
    journald.write(MESSAGE="forged", RECYCLER_APP=recycler.app, RECYCLER_EVENT="ended", SYSLOG_IDENTIFIER="recyclerd",
                   RECYCLER_JSON="{")
    assert len(recycler.why()) == before, f"{before} ends in the journal, {len(recycler.why())} in why"
    events = recycler.events()
    assert [line["event"] for line in events].count("app-started") == 2, str(events)
    assert sum(line["event"] == "ended" for line in events) == before, str(events)
    times = [line["at"] for line in events]
    assert times == sorted(times), str([line for at, line in zip(sorted(times), events) if at != line["at"]])
    told_since = recycler.ctl("--json", "why", "--since", events[-1]["at"])
    assert not told_since.strip(), told_since
    return f"{len(generations)} crashes and kills of the controller, {before} ends read back by the next daemon"


@story
def a_journald_that_stands_still_disturbs_nobody_and_gets_everything_when_it_goes_on(stage):
    journald, recycler = under_journald(stage)
    recycler.start()
    slot = recycler.slots[0]
    pid = journald.process.pid
    journald.signal(signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), 20, "journald stands still")
    rounds = 60
    for _ in range(rounds):
        recycler.ctl("recycle", slot)
        assert ask(recycler.addresses[0]) is not None
    limitations = [each for each in recycler.status()["limitations"] if "journal" in each]
    generations = list(range(1, rounds + 1))


    def remembered() -> list[int]:
        return sorted(record["generation"] for record in recycler.why() if record["slot"] == slot)
    wait_until(lambda: remembered() == generations, 60, "every end is remembered meanwhile")
    journald.signal(signal.SIGCONT)

    def arrived():
        ends = ends_in(journald, recycler, f"RECYCLER_SLOT={slot}")
        return [int(entry["RECYCLER_GENERATION"]) for entry in ends] == generations
    wait_until(arrived, 30, "every end has arrived, in its order, once")
    lost = journald.entries("RECYCLER_EVENT=entries-lost")
    assert not lost, str(lost)
    wait_until(lambda: not [each for each in recycler.status()["limitations"] if "journal" in each], 10, "nothing waits")
    return f"{rounds} recycles while journald stood still; status: {limitations or 'its socket had room for all'}"


@story
def a_record_names_its_core_dump_by_what_systemd_coredump_tells_and_holds_nobody_up_for_it(stage):
    dumps = stage.path("dumps")
    dumps.mkdir()
    dumps.chmod(0o777)  # the kernel writes there as the worker's user, whatever it says
    journald, recycler = under_journald(stage, changes={"app": {"directory": str(dumps)}})
    journald.lay_over("/proc/sys/kernel/core_pattern", "|/lib/systemd/systemd-coredump %P %u %g %s %t %c %h\n",
                      stage.path("core_pattern"))
    recycler.start()
    slot = recycler.slots[0]
    pid = recycler.slot(slot)["worker"]["pid"]
    crash(recycler, slot)  # its replacement serves
    entries = ends_in(journald, recycler, f"RECYCLER_SLOT={slot}")
    assert not entries, f"recorded before its core dump was told: {entries}"
    recycler.ctl("recycle", recycler.slots[1])
    wait_end(journald, recycler, recycler.slots[1], 1)  # others are buried meanwhile
    journald.write(MESSAGE="dumped", MESSAGE_ID="fc2e22bc6ee647b6b90729ab34a250b1", COREDUMP_PID=pid,
                   COREDUMP_TIMESTAMP="1795441000815995")
    record = json.loads(wait_end(journald, recycler, slot, 1)["RECYCLER_JSON"])
    rows = [row["value"] for row in record["evidence"] if row["name"] == "core"]
    assert rows == [f"coredumpctl info COREDUMP_PID={pid} COREDUMP_TIMESTAMP=1795441000815995"], str(record)
    return rows[0]
