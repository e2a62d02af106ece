# SPDX-License-Identifier: MIT
"""Workers that live and are too slow, and clients that do not wait or do not read."""

import time

import fronts
from harness.processes import wait_until
from judge import Truth, truth
from kind import Kinds
from stand import Stand, asked_by_client

KINDS = Kinds()
kind = KINDS.kind
CLIENT_TIMEOUT = 2


@kind()
def a_worker_is_slower_than_the_balancer_waits(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(read_timeout=1)).ask_whole("sleep=3000")
    stand.clients.wait_served()
    return [truth("slow", stand.slots)]


@kind(in_short=True)
def a_worker_stops_in_the_middle_of_its_answer(stand: Stand) -> list[Truth]:
    stand.start({"app": {"command": stand.crooked()}}, fronts.Settings(read_timeout=1)).ask_whole("stall=3000")
    stand.clients.wait_served()
    # Of HAProxy's lines with SD it is not known whether the worker closed the connection.
    return [truth("slow", stand.slots), truth("slow unfinished", stand.slots, " SD-- ")]


@kind(silent="lighttpd apache")
def a_client_goes_away(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(all_levels=True)).clients.pause()
    client = asked_by_client(stand.port, f"{stand.path}?nonce=q&sleep=1000")
    stand.wait_busy()
    client.close()
    wait_until(lambda: not stand.busy_slots(), 20, "the worker is done")
    stand.clients.go_on()
    stand.clients.wait_served()
    return [truth("client")]


@kind(silent="apache")
def a_client_stops_reading(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(client_timeout=CLIENT_TIMEOUT, all_levels=True))
    began = time.monotonic()
    client = asked_by_client(stand.port, f"{stand.path}?nonce=q&size=30000000")
    try:
        if stand.name == "apache":
            wait_until(lambda: time.monotonic() > began + 2 * CLIENT_TIMEOUT, 10, "its time is over", every=0.1)
        else:
            stand.wait_told()
    finally:
        client.close()
    stand.clients.wait_served()
    # lighttpd's line does not tell whether it waited for the client or for the rest of the answer.
    return [truth("client unfinished" if stand.name == "lighttpd" else "client")]
