# SPDX-License-Identifier: MIT
"""capacity.max_unavailable bounds what all triggers together take away, and no request is lost while they do."""

import time

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import Asking, ask
from harness.clients.load import Load, lost
from harness.daemon.budget import Budget, judged
from harness.daemon.records import ReportReader
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.replacing.handovers import recycle_while, settled

STORIES = Collection()
story = STORIES.story

TRIGGERS = ["requests", "memory", "age", "operator"]


def events(*lines: str) -> list[dict]:
    """"a parking", "b gate-closed requests": slot, event, trigger."""
    told = []
    for line in lines:
        slot, event, *trigger = line.split()
        told.append({"at": f"line {len(told) + 1}", "slot": slot, "event": event, **({"trigger": trigger[0]} if trigger else {})})
    return told


SERVING = ("a starting", "b starting", "c starting", "a ready", "b ready", "c ready")
PARKED = ("a parking age", "a stopping age", "a starting", "a ready")
CLOSED = ("a gate-closed age", "a draining age", "a stopping age", "a starting", "a ready", "a gate-opened")

WITHIN_ONE = {
    "one after another": (*PARKED, "b parking age", "b stopping age", "b starting", "b ready"),
    "behind closed gates": (*CLOSED, "b gate-closed age"),
    "overlaps at once": ("a replacing age", "b replacing age", "a handed-over", "b handed-over", "c parking age"),
    "a crash beside a replacement": ("a parking age", "b starting", "b ready", "a stopping age", "a starting", "a ready"),
    "an operator's drain": ("a gate-closed", "a draining", "b gate-closed", "b draining"),
    "a drained slot that is recycled": ("a gate-closed", "a draining", "a drained", "a stopping", "a starting", "a ready"),
    "a slot that has gone": ("a gate-closed", "a slot-removed", "b parking age"),
}
BEYOND_ONE = {
    "two parked": ("a parking age", "b parking memory"),
    "the second one too early": (*PARKED[:-1], "b parking age"),
    "two gates": ("a gate-closed age", "b gate-closed requests"),
    "the gate is still closed": (*CLOSED[:-1], "b gate-closed age"),
    "parked beside a closed gate": ("a gate-closed age", "b parking age"),
    "beside a crash": ("a starting", "b parking age"),
    "beside a drained slot": ("a gate-closed", "b parking age"),
    "hung beside parked": ("a parking age", "b stopping hung"),
    "after an overlap": ("a replacing age", "a handed-over", "a parking age", "b parking age"),
}


@story
def an_event_log_that_breaks_the_budget_is_found_out_and_one_that_keeps_it_is_not(stage):
    for name, lines in WITHIN_ONE.items():
        assert judged(events(*SERVING, *lines), 1).breaches == [], name
    for name, lines in BEYOND_ONE.items():
        assert len(judged(events(*SERVING, *lines), 1).breaches) == 1, name
        assert judged(events(*SERVING, *lines), 2).breaches == [], name
    worst = judged(events(*SERVING, "a parking age", "b parking age", "c parking age"), 1)
    assert (worst.most_ours, worst.decisions, len(worst.breaches)) == (3, 3, 2), str(worst)
    return f"{len(WITHIN_ONE)} logs within the budget, {len(BEYOND_ONE)} beyond it"


def budget_of(recycler: Recycler, allowed: int) -> Budget:
    return judged(ReportReader(recycler).refresh().events, allowed)


def recycles_by_trigger(recycler: Recycler) -> dict[str, int]:
    return {name: count for name, count in recycler.status()["totals"]["recycles"].items() if count}


def tell_all_triggers(stage, handover: str, seconds: float, recycles_at_least: int, leak: int = 170, memory: str = "32MiB",
                      triggers=()):
    """A request leaks up to `leak` KiB. It goes on until each of `triggers` has come, and that many recycles."""
    machine.need_memory_cgroup()
    machine.need_gates()
    recycler = Recycler(stage, 20, {
        "memory": {"max": "128MiB"},
        # Tight, and of a kind that all of them come first now and then: by count for the workers that got much, by memory for
        # those that got large requests, by age for those that got little.
        "recycle": {"memory": memory, "requests": 400, "age": "6s", "spread": "30%"},
        "capacity": {"handover": handover, "max_unavailable": 1}}).start(seconds=60)
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=300, connections=16, post=30, query=f"leak=0-{leak}&sleep=0-8", deadline=15)
    until = time.monotonic() + seconds

    def enough() -> bool:
        """How fast they come depends on the machine."""
        by = recycles_by_trigger(recycler)
        return time.monotonic() >= until and sum(by.values()) >= recycles_at_least and set(triggers) <= set(by)
    recycle_while(client, recycler, every=0.5, enough=enough)
    summary = client.end()
    budget = budget_of(recycler, 1)
    by = recycles_by_trigger(recycler)
    recycles = sum(by.values())
    verdicts = sorted({record["verdict"] for record in recycler.ends()})
    figures = (f"{recycles} recycles ({', '.join(f'{name} {count}' for name, count in sorted(by.items()) if count)}), "
               f"{budget.decisions} slots taken away, at most {budget.most_ours} at once, {web.refused()} refused connects; "
               f"{load.in_words(summary)}")
    assert lost(summary) == 0, figures
    assert budget.breaches == [], f"{figures}; {len(budget.breaches)} breaches: {budget.breaches[:3]}"
    assert recycles >= recycles_at_least, figures
    assert verdicts == ["recycled"], f"{figures}; verdicts {verdicts}"
    return figures, by, budget


@story
def twenty_workers_with_every_trigger_armed_lose_nothing_and_stay_within_one_unavailable(stage):
    figures, by, _ = tell_all_triggers(stage, "auto", 20, 200, triggers=TRIGGERS)
    assert all(by.get(trigger, 0) > 0 for trigger in TRIGGERS), figures
    return figures


def tell_one_handover(stage, **how):
    figures, _, budget = tell_all_triggers(stage, **how)
    assert budget.decisions > 0 and budget.most_ours == 1, figures
    return figures


STORIES.add("twenty workers with every trigger armed hand over by queue one at a time and lose nothing", tell_one_handover,
            handover="queue", seconds=15, recycles_at_least=40)
STORIES.add("twenty workers with every trigger armed hand over behind closed gates one at a time and lose nothing",
            tell_one_handover, handover="close", seconds=15, recycles_at_least=3,
            leak=16, memory="5MiB")  # the pace of closed gates is settle's: they must not outgrow memory.max meanwhile


@story
def a_daemon_that_may_take_three_slots_away_is_found_out_by_a_checker_that_allows_one(stage):
    recycler = Recycler(stage, 6, {"capacity": {"handover": "queue", "max_unavailable": 3}}).start()
    for _ in range(5):
        recycler.ctl("recycle", "all")
    settled(recycler)
    one, three = budget_of(recycler, 1), budget_of(recycler, 3)
    figures = f"{one.decisions} slots taken away, up to {one.most_ours} at once: {len(one.breaches)} breaches of one, " \
              f"{len(three.breaches)} of three"
    assert one.decisions == 30 and one.breaches and not three.breaches, figures
    return figures


@story
def a_drain_that_does_not_end_does_not_keep_another_worker_from_being_recycled_before_its_limit(stage):
    machine.need_memory_cgroup()
    changes = {"memory": {"max": "64MiB"}, "recycle": {"memory": "60%"}, "capacity": {"handover": "queue"}}
    recycler = Recycler(stage, 2, changes).start()
    busy, growing = recycler.slots
    held = Asking(recycler.addresses[0], "nonce=held&sleep=15000")
    wait_until(lambda: recycler.slot(busy)["worker"]["requests"]["in_flight"] == 1, 20, "the request is being answered")
    recycler.ctl("recycle", busy, "--no-wait")
    wait_until(lambda: recycler.slot(busy)["state"] == "replacing", 20, "its slot uses the budget up")
    answered = 0
    while not any(record["slot"] == growing for record in recycler.report() if "verdict" in record):
        assert answered < 2000, "it is never recycled"
        answer = ask(recycler.addresses[1], f"nonce={answered}&leak=512&sleep=5")
        assert answer is not None, f"a request was lost after {answered}: {recycler.ends()}"
        answered += 1
    still_held = recycler.slot(busy)["state"]
    record = recycler.wait_end(growing)
    figures = f"{answered} requests answered, then {record['sentence']} The other slot: {still_held}"
    assert record["verdict"] == "recycled" and still_held == "replacing", figures
    assert held.answer(30)["nonce"] == "held", figures
    return figures
