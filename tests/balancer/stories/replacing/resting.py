# SPDX-License-Identifier: MIT
"""Kept connections that rest in workers: they outlive each of them, and nobody waits for them."""

import os
import signal
import time

from cells.cell import Cell
from cells.measure import addresses_of, policy_of, workers_of
from harness import machine
from harness.clients import load
from harness.clients.kept import Kept
from harness.clients.load import Load, lost
from harness.daemon.policy import merged
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.replacing.handovers import all_ended_well, completed, settled
from stories.replacing.persistent import recycle_until

STORIES = Collection()

IDLE = 50
SECONDS = 0.2  # of a drain with so many idle connections
TIMES_BARE = 6  # or so many times as long as one without any takes here and now: other work may have the processors
KILLS = int(os.environ.get("RECYCLER_KILLS", "8"))  # of the controller, in each handover
MOMENTS = 16  # of a handover, in which it is killed in turns
# The keeper waits for up to 5 s before it starts a controller after several that died young, and who is asked where a worker is
# missing waits for that one.
PATIENCE = 20


def policy_that_keeps(stage, cell: Cell, settle: str = "4s") -> dict:
    return merged(policy_of(stage, cell), {"app": {"keep_connections": "auto"}, "capacity": {"settle": settle}})


def sums(recycler: Recycler) -> dict:
    """Of all workers that run: what `keeping` counts."""
    workers = [slot["worker"] for slot in recycler.status()["slots"] if slot["worker"]]
    return {name: sum(worker["keeping"][name] or 0 for worker in workers)
            for name in ("resting", "came_back", "handed_on", "taken", "misfits")}


def under_load(stage, cell: Cell, settle: str, seconds: int = 300, deadline: int = 5) -> tuple[Recycler, Load]:
    """Once connections come back from rest."""
    if cell.handover == "close":
        machine.need_gates()
    recycler = Recycler(stage, workers_of(cell), policy_that_keeps(stage, cell, settle)).start()
    port = machine.free_ports(1)
    web = Balancer(stage, cell.balancer, snippets.keeping(cell.balancer, addresses_of(recycler, cell), port), port)
    client = Load(stage, web.url + "/app", duration=seconds, connections=16, post=30, query="sleep=0-2", deadline=deadline)
    wait_until(lambda: sums(recycler)["came_back"] > 100, 30, "connections come back from rest")
    return recycler, client


def tell(stage, cell: Cell, recycles: int, requests: int):
    recycler, client = under_load(stage, cell, settle="1s")
    taken = 0

    def is_enough(*_) -> bool:
        nonlocal taken
        taken += sums(recycler)["taken"]
        return completed(recycler) >= recycles and recycler.status()["totals"]["requests"] >= requests
    longest = recycle_until(client, recycler, is_enough)
    summary = client.end()
    settled(recycler)
    done, seen = completed(recycler), sums(recycler)
    figures = (f"{done} recycles, the longest took {longest:.2f} s, {taken} connections were taken at least; "
               f"{load.in_words(summary)}")
    assert lost(summary) == 0, figures
    assert done >= recycles and summary["answered"] >= requests / 2, figures
    assert taken > 0 and seen["misfits"] == 0, f"{figures}; {seen}"
    all_ended_well(recycler)
    return figures


def tell_killed(stage, cell: Cell, kills: int):
    recycler, client = under_load(stage, cell, settle="100ms", seconds=max(300, kills * 10), deadline=PATIENCE)
    for number in range(kills):
        slot = recycler.slots[number % len(recycler.slots)]
        controller, generation = recycler.controller(), recycler.slot(slot)["worker"]["generation"]
        recycler.ctl("recycle", slot, "--no-wait")
        for _ in range(number % MOMENTS):  # so that each kill meets another moment of the handover
            recycler.status()
        os.kill(controller, signal.SIGKILL)
        wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 60, "the next one adopted them")
        recycler.ctl("recycle", slot)
        assert recycler.slot(slot)["worker"]["generation"] > generation
    summary = client.end()
    settled(recycler)
    figures = f"{kills} kills; {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    all_ended_well(recycler)
    return figures


def drained_after(recycler: Recycler, slot: str) -> float:
    """Seconds."""
    began = time.monotonic()
    recycler.ctl("drain", slot)
    return time.monotonic() - began


def tell_drain(stage, sockets: str):
    machine.need_gates()
    cell = Cell("nginx", "keeping", "close", "operator", sockets)
    recycler = Recycler(stage, 2, policy_that_keeps(stage, cell)).start()
    address = addresses_of(recycler, cell)[0]
    first, second = [slot["slot"] for slot in recycler.status()["slots"]]
    bare = drained_after(recycler, first)
    recycler.ctl("open", first)
    wait_until(recycler.all_serving, 10, "both serve again")
    clients = [Kept(address, "nonce=1").await_answer() for _ in range(IDLE)]
    wait_until(lambda: recycler.slot(first)["worker"]["keeping"]["resting"] == IDLE, 10, "all rest")
    took = drained_after(recycler, first)
    wait_until(lambda: recycler.slot(second)["worker"]["keeping"]["taken"] == IDLE, 10, "the other slot has taken them")
    assert recycler.slot(first)["state"] == "drained", recycler.slot(first)
    for client in clients:
        client.ask_again("nonce=2")
    assert recycler.slot(second)["worker"]["keeping"]["came_back"] == IDLE, recycler.slot(second)
    figures = f"a drain with {IDLE} idle connections took {took * 1000:.0f} ms, one without any {bare * 1000:.0f} ms, and each of them was " \
              "answered afterwards"
    assert took < max(SECONDS, TIMES_BARE * bare), figures
    return figures


for handover in ("overlap", "queue", "close"):
    STORIES.add(f"the controller is killed amid the handover {handover}, and no kept connection is lost", tell_killed,
                cell=Cell("nginx", "keeping", handover, "operator"), kills=KILLS)
for sockets in ("tcp", "unix"):
    for handover in ("overlap", "queue", "close"):
        STORIES.add(f"nginx keeps its connections over {sockets}, and the handover {handover} gives them to the next worker",
                    tell, cell=Cell("nginx", "keeping", handover, "operator", sockets), recycles=20, requests=3000)
    STORIES.add(f"a slot is drained at once though clients keep idle connections to it over {sockets}, and they go elsewhere",
                tell_drain, sockets=sockets)


def tell_hung(stage, app: dict, sockets: str, handover: str):
    """One request hangs, and others have been asked behind it on connections that rested in the worker."""
    policy = {"app": app | {"keep_connections": "auto"}, "recycle": {"hung": "1s"}, "drain": {"stop_timeout": "1s"},
              "capacity": {"handover": handover}}
    folder = stage.path("s") if sockets == "unix" else None
    if folder:
        folder.mkdir(mode=0o755)
        policy["app"]["socket_mode"] = "0666"
    recycler = Recycler(stage, 1, policy, sockets=folder).start()
    slot, address = recycler.slots[0], recycler.addresses[0]
    clients = [Kept(address, f"nonce={number}").await_answer() for number in range(6)]
    wait_until(lambda: recycler.slot(slot)["worker"]["keeping"]["resting"] == len(clients), 10, "all rest")
    hung, idle, *waiting = clients
    hung.socket.sendall(hung.request("sleep=60000"))
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 1, 10, "one is served")
    for client in waiting:
        client.socket.sendall(client.request("nonce=again"))
    for client in waiting:
        client.await_answer()
    idle.ask_again("nonce=later")
    assert hung.socket.recv(1) == b"", "whose request hung sees the end"
    record = recycler.wait_end(slot, 20)
    assert record["verdict"] == "hung" and record["requests_cut"] == 1, record
    seen = recycler.slot(slot)["worker"]["keeping"]
    assert seen["taken"] == len(clients) - 1 and seen["misfits"] == 0, seen
    return f"{len(waiting)} waiting requests were answered by the next worker; {record['sentence']}"


for handover, sockets, app in (("overlap", "tcp", {}), ("queue", "unix", {}), ("close", "unix", {}),
                               ("queue", "tcp", {"command": ["/usr/bin/perl", str(machine.TEST_PROGRAMS / "app.pl")]})):
    name = "Perl worker" if app else "worker"
    STORIES.add(f"what was asked on connections that rest in a hung {name} is answered by the next one, {handover} over {sockets}",
                tell_hung, app=app, sockets=sockets, handover=handover)


@STORIES.story
def where_no_other_slot_serves_kept_connections_end_and_an_app_stops_at_once(stage):
    recycler = Recycler(stage, 1, {"app": {"keep_connections": "auto"}}).start()
    client = Kept(recycler.addresses[0], "nonce=1").await_answer()
    slot = recycler.slots[0]
    wait_until(lambda: recycler.slot(slot)["worker"]["keeping"]["resting"] == 1, 10, "it rests")
    began = time.monotonic()
    recycler.ctl("stop")
    took = time.monotonic() - began
    assert client.socket.recv(1) == b"", "the client sees the end of its connection"
    assert took < 2, f"the stop took {took:.2f} s"
    return f"the stop took {took * 1000:.0f} ms"
