# SPDX-License-Identifier: MIT
"""`recyclerctl why` as a person reads it: what ends the workers of an app, and what to do about it."""

import os
import signal

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

LEAK = "leak=204800"  # KiB, far beyond memory.max


def unfolded(page: str) -> str:
    """Without the line breaks that fit a page to the terminal."""
    return " ".join(page.split())


def leak(recycler: Recycler, slot: int, path: str, generation: int) -> None:
    recycler.wait_serving(recycler.slots[slot], generation)
    ask(recycler.addresses[slot], f"nonce=1&{LEAK}", script=path)
    recycler.wait_end(recycler.slots[slot], 15, after=generation - 1)


@story
def why_without_a_slot_groups_deaths_by_cause_the_most_harmful_first(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 3, {"memory": {"max": "64MiB"}}).start()
    first, second, third = recycler.slots
    assert "no worker ended unexpectedly in the last day" in recycler.ctl("why"), recycler.ctl("why")

    killed = recycler.slot(third)["worker"]["pid"]
    os.kill(killed, signal.SIGKILL)
    recycler.wait_end(third)
    alone = recycler.ctl("why")
    assert alone.startswith(f"{third}.1  killed") and "\n  proof " in alone, f"one death is shown whole: {alone}"
    recycler.ctl("recycle", second)  # planned: no death

    leak(recycler, 0, "/report/17", 1)
    leak(recycler, 0, "/report/18", 2)
    leak(recycler, 1, "/report/19", 2)
    page = recycler.ctl("why")
    text = unfolded(page)
    assert "4 workers ended unexpectedly in the last day, 3 requests cut off; the most harmful first:" in text, page
    worst = page.index("3 x oom-worker, memory.max, GET /report/*: 3 requests cut off")
    assert worst < page.index("1 x killed, SIGKILL from"), page
    assert f"slots {first} {second}" in text and f"slots {third}" in text, page
    assert "Begin with GET /report/*: 3 of the 3 workers that ended like this were serving it." in text, page
    assert "recycled" not in page, f"what was planned is among the deaths: {page}"
    assert f"{third}.1  killed" not in recycler.ctl("why", "--since", "1ms"), "--since is not heeded"
    assert recycler.ctl("why", "all").count(".1  killed") == 1 and "recycled (operator)" in recycler.ctl("why", "all")
    return page


@story
def why_of_a_slot_says_what_happened_the_proof_and_which_limit_would_do(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2, {"memory": {"max": "64MiB"}}).start()
    first, second = recycler.slots
    for generation in range(2, 6):
        ask(recycler.addresses[1], "nonce=1&leak=2048")
        recycler.ctl("recycle", second)
        recycler.wait_end(second, after=generation - 2)
    leak(recycler, 0, "/export", 1)
    recycler.wait_serving(first, 2)
    recycler.ctl("recycle", first)  # a planned end after it does not hide it
    recycler.wait_end(first, after=1)
    page = recycler.ctl("why", first)
    lines = page.splitlines()
    assert f"{first}.2  recycled (operator)" in lines[0] and lines[2].startswith(f"{first}.1  oom-worker"), page
    labels = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    proof, next_step = labels.index("proof"), labels.index("next")
    assert "outgrew memory.max (64 MiB) while serving GET /export" in unfolded(page), page
    assert labels.index(f"{first}.1") < proof < next_step == len(labels) - 1, f"sentence, proof, next: {labels}"
    assert "The limit of 64M is not too small for the others: the last 5 other workers peaked at" in unfolded(page), page
    assert "it is this request that needs more." in unfolded(page), page
    return page


@story
def why_remembers_a_death_across_a_restart_and_many_planned_ends(stage):
    recycler = Recycler(stage, 1).start()
    (slot,) = recycler.slots
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    recycler.wait_end(slot)
    recycler.wait_serving(slot, 2)
    assert recycler.stop() == 0
    # As many planned ends as a busy day has, in the words of the record that the stop has left.
    lines = recycler.report_file.read_text().splitlines()
    planned = next(line for line in lines if '"verdict":"stopped"' in line and '"kind"' in line)
    with recycler.report_file.open("a") as report:
        report.writelines(f"{planned}\n" for _ in range(2000))
    recycler.start()
    page = recycler.ctl("why")
    assert page.startswith(f"{slot}.1  killed"), page
    return unfolded(page)[:200]
