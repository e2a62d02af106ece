# SPDX-License-Identifier: MIT
"""What the record of an end holds besides the verdict: what the worker had used up, how it grew, what could not be read."""

import os
import re
import signal

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection
from stories.dying.verdicts import facts

STORIES = Collection()
story = STORIES.story


def wait_sampled(recycler: Recycler, slot: str, bloat_mib: int) -> None:
    """Until a look at the first worker has shown that it grew: what it did before that was seen, too."""
    wait_until(lambda: (recycler.slot(slot)["worker"]["memory"]["bloat"] or 0) >= bloat_mib << 20, 20, f"{bloat_mib} MiB are seen")


@story
def a_worker_that_ends_because_it_may_open_no_more_files_says_so(stage):
    recycler = Recycler(stage, 2, {"limits": {"nofile": 128}}).start()
    slot = recycler.slots[0]
    assert ask(recycler.addresses[0], "nonce=1&open=116&leak=8192") is not None
    wait_sampled(recycler, slot, 8)
    assert ask(recycler.addresses[0], "nonce=2&open=20") is None, "it was answered"
    record = recycler.wait_end(slot)
    assert record["verdict"] == "exited", str(record)
    count = re.match(r"(12\d) of 128, ", facts(record)["open files"])
    assert count, str(record["evidence"])
    assert f"Its open files were {count[1]} of 128 (limits.nofile)" in record["sentence"], record["sentence"]
    assert "limits.nofile" in record["next_step"], str(record)
    recycler.wait_serving(slot, 2)
    return record["sentence"]


@story
def a_worker_that_ends_because_it_may_start_no_more_processes_says_so(stage):
    machine.need_pids_cgroup()
    recycler = Recycler(stage, 2, {"limits": {"pids": 8}}).start()
    slot = recycler.slots[0]
    assert ask(recycler.addresses[0], "nonce=1&fork=50") is None, "it was answered"
    record = recycler.wait_end(slot)
    assert record["verdict"] == "exited", str(record)
    assert int(facts(record)["threads and processes refused"]) > 0, str(record["evidence"])
    assert "because of limits.pids (8)" in record["sentence"] and "limits.pids" in record["next_step"], str(record)
    recycler.wait_serving(slot, 2)
    return record["sentence"]


@story
def the_record_of_any_end_tells_the_life_of_the_worker_and_why_what_is_missing_is_missing(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2, {"memory": {"max": "256MiB", "app_max": "1GiB"}})
    recycler.environment["RECYCLER_WATCHDOG"] = "0"
    slot = recycler.start().slots[0]
    for number in range(2):
        assert ask(recycler.addresses[0], f"nonce={number}&leak=8192") is not None
    controller = recycler.controller()
    os.kill(controller, signal.SIGSTOP)  # no look comes between what the last one takes and its answer
    assert ask(recycler.addresses[0], "nonce=2&leak=8192") is not None
    os.kill(controller, signal.SIGCONT)
    wait_sampled(recycler, slot, 24)
    recycler.ctl("recycle", slot)
    told = facts(recycler.wait_end(slot))
    life = told["over its life"].split(", ")
    assert 2 <= len(life) <= 12 and all(re.fullmatch(r"\S+( \d+s)? [\d.]+ [KM]iB/\d+", point) for point in life), str(life)
    assert life[-1].endswith("/3"), str(life)
    assert re.fullmatch(r"\d+ of 1024, .* before its end", told["open files"]), str(told)
    assert re.fullmatch(r"[\d.]+ [KM]iB of 1 GiB, .* before its end", told["memory of the app"]), str(told)
    assert re.fullmatch(r"[\d.]+ .iB of [\d.]+ .iB, .* of swap free, .* before its end", told["memory of the machine"]), str(told)
    if machine.memory_controller() == "v1":
        for name in ["memory pressure", "cpu pressure", "io pressure"]:
            assert told[name] == "unknown: cgroup v1 counts none", str(told)
    nameless = [name for name, value in told.items() if value == "unknown"]
    assert not nameless, f"unknown without a reason: {nameless}"
    return told["over its life"]


@story
def the_record_of_a_worker_over_its_limit_tells_how_much_that_one_request_had_taken(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2, {"memory": {"max": "64MiB"}, "recycle": {"memory": "60MiB"}}).start()
    slot = recycler.slots[0]
    assert ask(recycler.addresses[0], "nonce=1&leak=16384") is not None
    wait_sampled(recycler, slot, 16)
    ask(recycler.addresses[0], "nonce=2&leak=204800")
    record = recycler.wait_end(slot)
    assert record["verdict"] == "oom-worker", str(record)
    told = re.fullmatch(r"([\d.]+) MiB, from ([\d.]+) MiB, seen .* before it began, to 64 MiB at most",
                        facts(record)["growth during the request"])
    assert told and 16 <= float(told[2]) < 20 and 44 < float(told[1]) <= 48, str(record["evidence"])
    assert f"It had grown by {told[1]} MiB during that request, from {told[2]} MiB." in record["sentence"], record["sentence"]
    return record["sentence"]
