# SPDX-License-Identifier: MIT
"""Workers that leave by themselves after every request."""

from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def told(recycler: Recycler) -> list[dict]:
    return [line for line in recycler.report() if line.get("event") == "leaving-early"]


@story
def workers_that_leave_after_every_request_are_told_once_and_lose_nothing(stage):
    recycler = Recycler(stage, 2).start()
    for generation in range(1, 13):
        assert ask(recycler.addresses[0], "nonce=1&leave=0") is not None, "a request was lost"
        recycler.wait_serving(recycler.slots[0], generation + 1)
    (line,) = told(recycler)
    assert line["slot"] == recycler.slots[0] and line["generation"] == 5, str(line)
    assert line["text"].startswith("5 workers in a row have ended by themselves with status 0, after 1 request each, "), line["text"]
    assert {record["verdict"] for record in recycler.ends()} == {"left"}, str(recycler.ends())
    return line["text"]


@story
def workers_that_leave_after_a_number_of_requests_of_their_own_are_not_told(stage):
    recycler = Recycler(stage, 1).start()
    for generation in range(1, 8):
        for _ in range(3):
            assert ask(recycler.addresses[0]) is not None
        assert ask(recycler.addresses[0], "nonce=1&leave=0") is not None
        recycler.wait_serving(recycler.slots[0], generation + 1)
    assert told(recycler) == []
