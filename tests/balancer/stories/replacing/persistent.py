# SPDX-License-Identifier: MIT
"""Connections that nginx, HAProxy and Apache keep open to workers in which none rests: nobody starves, and a recycle loses nothing."""

import itertools
import time

from cells.cell import Cell
from cells.measure import addresses_of, policy_of, workers_of
from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.kept import Kept
from harness.clients.load import Load, lost
from harness.daemon.policy import merged
from harness.daemon.recycler import Recycler
from harness.processes import wait_until, waits_in_accept
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.replacing.handovers import all_ended_well, completed, settled

STORIES = Collection()

NONE_RESTS = {"app": {"keep_connections": "off"}}
NOTE = "until a client closes the connection that it keeps open"


def recycle_until(client: Load, recycler: Recycler, until) -> float:
    """Round robin, one after another is over; the longest one took so many seconds."""
    longest = 0.0
    for slot in itertools.cycle([slot["slot"] for slot in recycler.status()["slots"]]):
        if not client.running() or until(client, recycler):
            return longest
        began = time.monotonic()
        recycler.ctl("recycle", slot, seconds=330)
        longest = max(longest, time.monotonic() - began)


def tell(stage, cell: Cell, recycles: int, requests: int):
    if cell.handover == "close":
        machine.need_gates()
    recycler = Recycler(stage, workers_of(cell), merged(policy_of(stage, cell), NONE_RESTS | {"capacity": {"settle": "1s"}})).start()
    port = machine.free_ports(1)
    web = Balancer(stage, cell.balancer, snippets.keeping(cell.balancer, addresses_of(recycler, cell), port), port)
    client = Load(stage, web.url + "/app", duration=300, connections=16, post=30, query="sleep=0-2")
    longest = recycle_until(client, recycler, lambda *_: completed(recycler) >= recycles
                            and recycler.status()["totals"]["requests"] >= requests)
    summary = client.end()
    settled(recycler)
    done = completed(recycler)
    figures = f"{done} recycles, the longest took {longest:.2f} s; {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    assert done >= recycles and summary["answered"] >= requests / 2, figures
    all_ended_well(recycler)
    return figures


def tell_kept_open(stage):
    machine.need_gates()
    threads = 8
    recycler = Recycler(stage, 2, {"app": NONE_RESTS["app"] | {"command": [str(machine.TEST_PROGRAMS / "app"), "--threads", str(threads)]},
                                   "capacity": {"handover": "close", "settle": "0s"}, "limits": {"pids": 64},
                                   "drain": {"timeout": "4s", "stop_timeout": "1s"}}).start()
    # With nobody else in accept() the recorder would end the connection with its answer.
    wait_until(lambda: all(waits_in_accept(pid, threads) for pid in recycler.worker_pids()), 10, "all threads wait in accept()")
    kept, closed = (Kept(address, "nonce=1").await_answer() for address in recycler.addresses)
    cut, drained = recycler.slots

    def note_of(slot: str) -> bool:
        worker = recycler.slot(slot)["worker"]
        shown = " ".join(recycler.ctl("status", slot).split())
        return worker["state"] == "draining" and worker["requests"]["kept_open"] == 1 and NOTE in shown
    recycler.ctl("drain", drained, "--no-wait")
    wait_until(lambda: note_of(drained), 10, f"status says of {drained} that it waits for a connection")
    closed.socket.close()
    recycler.ctl("drain", drained)
    recycler.ctl("open", drained)
    recycler.ctl("recycle", cut, "--no-wait")
    wait_until(lambda: note_of(cut), 20, f"status says of {cut} that it waits for a connection")
    record = recycler.wait_end(cut)
    kept.socket.close()
    assert record["verdict"] == "drain-cut" and record["in_flight"] is None, record
    assert "1 connection open, no request begun on it" in record["sentence"], record["sentence"]
    return record["sentence"]


STORIES.add("a drain that waits for a connection kept open says so, and so does the record when it has waited in vain",
            tell_kept_open)
# Apache sets no end to idle connections: with threads a drain may wait for them for a minute.
for each, threads in [("nginx", 1), ("nginx", 24), ("haproxy", 1), ("haproxy", 24), ("apache", 1)]:
    STORIES.add(f"{each} keeps connections to workers of {threads} thread{'s' if threads > 1 else ''}, and recycling them loses "
                "nothing", tell, cell=Cell(each, "keeping", "overlap", "operator", threads=threads), recycles=6, requests=500)
# Whichever of its threads is told to end, the worker ends, and its queue does not wait for it.
STORIES.add("nginx keeps connections to workers of 24 threads, and those that wait in a queue are answered", tell,
            cell=Cell("nginx", "keeping", "queue", "operator", threads=24), recycles=30, requests=2000)


@STORIES.story
def status_says_what_is_lost_where_connections_to_unix_sockets_are_kept(stage):
    cell = Cell("nginx", "keeping", "overlap", "operator", "unix")
    recycler = Recycler(stage, workers_of(cell), merged(policy_of(stage, cell), NONE_RESTS)).start()
    path = addresses_of(recycler, cell)[0]
    assert ask(path) is not None
    assert not [each for each in recycler.status()["limitations"] if "unix sockets" in each]
    Kept(path, "nonce=1").await_answer()
    (said,) = wait_until(lambda: [each for each in recycler.status()["limitations"] if "unix sockets" in each], 20, "it says so")
    assert "recyclerctl lint" in said, said
    return said
