# SPDX-License-Identifier: MIT
"""The checker itself: without Recycler requests are lost, and recycler-load must say so. If it did not, the other stories
would prove nothing."""

import time

from harness.clients import load
from harness.clients.load import Load, lost
from harness.servers.lighttpd import Lighttpd
from harness.servers.spawner import KillAndRestart
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


@story
def plain_workers_that_nobody_touches_lose_nothing(stage):
    spawner = KillAndRestart(stage, 4)
    web = Lighttpd(stage, spawner.addresses)
    summary = Load(stage, web.url, requests=5000, query="sleep=0-2").result()
    assert lost(summary) == 0, load.in_words(summary)
    assert summary["answered"] == summary["sent"] == 5000, load.in_words(summary)
    return load.in_words(summary)


@story
def workers_that_are_killed_and_restarted_lose_requests_and_the_checker_says_so(stage):
    spawner = KillAndRestart(stage, 4)
    web = Lighttpd(stage, spawner.addresses)
    client = Load(stage, web.url, duration=120, query="sleep=0-2")
    until, restarts = time.monotonic() + 5, 0
    while client.running() and (time.monotonic() < until or not client.lost() or not web.refused()):
        spawner.restart(restarts % 4)
        restarts += 1
        time.sleep(0.1)  # the same pace as the recycles of the stories that must lose nothing
    summary = client.end()
    assert lost(summary) > 0, f"{restarts} kills and not one loss seen: {load.in_words(summary)}"
    assert web.refused() > 0, "workers that were away refused no connect"
    return f"{restarts} kills: {load.in_words(summary)}"


@story
def an_answer_later_than_its_deadline_is_missing(stage):
    spawner = KillAndRestart(stage, 1)
    web = Lighttpd(stage, spawner.addresses)
    summary = Load(stage, web.url, requests=4, connections=4, query="sleep=3000", deadline=1).result()
    assert summary["missing"] == 4 and summary["faults"] == {"timeout": 4}, load.in_words(summary)
    return load.in_words(summary)
