# SPDX-License-Identifier: MIT
"""recycle.memory below what workers need once they are warm: they are not recycled over and over again for it."""

from harness import machine
from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.replacing.handovers import settled

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20


def recycled(recycler: Recycler) -> int:
    return recycler.status()["totals"]["recycles"].get("memory", 0)


@story
def php_that_needs_more_than_its_limit_once_it_is_warm_is_recycled_a_few_times_and_then_serves_on(stage):
    machine.need_memory_cgroup()
    machine.need_program("php-cgi")
    # Some 6 MiB when it is ready, and 24 when it has served each of eight pages: after a dozen requests it is over the limit.
    recycler = Recycler(stage, 2, {
        "app": {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_MAX_REQUESTS": "0"}},
        "memory": {"max": "128MiB"}, "recycle": {"memory": "20MiB"}}).start()
    web = Lighttpd(stage, recycler.addresses, key=".php")
    client = Load(stage, web.url + "/app.php", duration=60, connections=4, query="rules=100", deadline=15)
    held = wait_until(lambda: [line for line in recycler.report() if line.get("event") == "holding"], 30, "the trigger is held")
    settled(recycler)
    recycler.wait_recorded()
    before = recycled(recycler)
    asked = sum(slot["worker"]["requests"]["served"] or 0 for slot in recycler.status()["slots"])
    wait_until(lambda: sum(slot["worker"]["requests"]["served"] or 0 for slot in recycler.status()["slots"]) > asked + 400, 30,
               "400 more requests are served")
    summary = client.end()
    sizes = [slot["worker"]["memory"]["bloat"] / MIB for slot in recycler.status()["slots"]]
    figures = (f"{before} recycles by memory, then {recycled(recycler) - before} more within 400 requests, at "
               f"{max(sizes):.1f} MiB; {load.in_words(summary)}\n{held[0]['text']}")
    assert lost(summary) == 0, figures
    assert recycled(recycler) <= before + 2, figures  # those that had begun
    assert before <= 40, figures
    assert max(sizes) > 20, figures  # the other one may have been replaced just now
    return figures
