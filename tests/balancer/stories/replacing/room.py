# SPDX-License-Identifier: MIT
"""A second worker is started only where all that is there, all that starts and all that grows has room: nobody is killed for it."""

import time

from harness import machine
from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.replacing.handovers import completed, settled

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20


def slow_and_big(boot: float, mib: int) -> list[str]:
    """A worker that has next to nothing while it boots, and then all at once what it needs."""
    return ["/bin/sh", "-c", f"sleep {boot}; exec {machine.TEST_PROGRAMS / 'app'} --at-start leak={mib * 1024}"]


@story
def big_workers_that_boot_slowly_and_come_due_together_are_replaced_as_memory_allows_and_nobody_is_killed(stage):
    machine.need_memory_cgroup()
    # Four of 60 MiB grow by 14: that leaves room for one more beside them, and not for two.
    recycler = Recycler(stage, 4, {
        "app": {"command": slow_and_big(2, 60)},
        "memory": {"max": "95MiB", "app_max": "390MiB"},
        "recycle": {"memory": "74MiB"}}).start()
    port = machine.free_ports(1)
    web = Balancer(stage, "nginx", snippets.SETTINGS["recommended"]("nginx", recycler.addresses, port), port)
    client = Load(stage, web.url + "/", duration=300, connections=8, post=30, query="leak=80&sleep=0-60", deadline=12)
    until = time.monotonic() + 18
    wait_until(lambda: time.monotonic() > until and completed(recycler, "memory") >= recycler.count, 180, "all have come due")
    summary = client.end()
    settled(recycler)
    recycler.wait_recorded()
    ends = recycler.ends()
    verdicts = {name: sum(end["verdict"] == name for end in ends) for name in sorted({end["verdict"] for end in ends})}
    waits = {line["text"] for line in recycler.events() if line["event"] == "waiting"}
    figures = f"{verdicts}; {load.in_words(summary)}; {sorted(waits)}"
    assert lost(summary) == 0, figures
    assert set(verdicts) == {"recycled"} and verdicts["recycled"] >= 4, figures
    return figures
