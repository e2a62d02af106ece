# SPDX-License-Identifier: MIT
"""How many requests a worker has served when it is retired for their number, under load."""

import statistics

from harness import machine
from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

LIMIT = 100
RECYCLES = 60


def retired(recycler: Recycler) -> list[int]:
    return [record["requests"] for record in recycler.ends() if record["trigger"] == "requests"]


@story
def eight_workers_behind_nginx_that_start_slowly_are_retired_near_their_limit_of_requests(stage):
    command = [str(machine.TEST_PROGRAMS / "app"), "--at-start", "sleep=200"]
    recycler = Recycler(stage, 8, {"app": {"command": command}, "recycle": {"requests": LIMIT},
                                   "capacity": {"handover": "overlap"}}).start()
    port = machine.free_ports(1)
    web = Balancer(stage, "nginx", snippets.recommended("nginx", recycler.addresses, port), port)
    client = Load(stage, web.url + "/app", duration=120, connections=16, query="sleep=0-10")
    wait_until(lambda: len(retired(recycler)) >= RECYCLES, 110, f"{RECYCLES} recycles")
    summary = client.end()
    served = sorted(retired(recycler))
    per_second = summary["answered"] / summary["seconds"] if "seconds" in summary else 0
    figures = (f"{len(served)} recycles at {served[0]} to {served[-1]} requests, half of them at {statistics.median(served):g} or less"
               f", {per_second:.0f} requests/s; {load.in_words(summary)}")
    assert lost(summary) == 0, figures
    assert served[0] >= (LIMIT * 0.9) // 2, figures  # each draws its limit from 90 to 100
    assert served[round(len(served) * 0.95) - 1] <= LIMIT * 1.3, figures
    return figures
