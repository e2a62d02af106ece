# SPDX-License-Identifier: MIT
"""Workers that serve nobody and take nobody while connections wait in their queue."""

import json
import socket

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import STDIN, Asking, ask, request_bytes
from harness.clients.fastcgi import record as stream_record
from harness.clients.load import Load, lost
from harness.clients.web_request import WebRequest
from harness.daemon.recycler import Recycler
from harness.processes import stop_at_rest, wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.dying.verdicts import facts

STORIES = Collection()
story = STORIES.story

LIMIT = 2
POLICY = {"recycle": {"stuck": f"{LIMIT}s"}, "drain": {"stop_timeout": "1s"}}


def recycler_of(stage, count: int, unix: bool = False) -> Recycler:
    changes = dict(POLICY)
    if unix:
        changes["app"] = {"listen": f"unix:{stage.path('stuck.sock')}"}
    return Recycler(stage, count, changes).start()


def address_of(recycler: Recycler, index: int = 0):
    shown = recycler.status()["slots"][index]["address"]
    return shown.removeprefix("unix:") if shown.startswith("unix:") else recycler.addresses[index]


def in_flight(recycler: Recycler, slot: str) -> int:
    return recycler.slot(slot)["worker"]["requests"]["in_flight"]


def connected(address) -> socket.socket:
    client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    client.connect(address)
    return client


def check_stuck(record: dict, waited: str, taken: str) -> None:
    told = facts(record)
    assert (record["verdict"], record["trigger"], record["cause"]) == ("stuck", "stuck", "recycle.stuck"), str(record)
    assert told["waited in its queue"] == waited and told["had taken meanwhile"] == taken, str(record["evidence"])
    assert LIMIT <= float(told["served nobody for"].removesuffix("s")) < LIMIT + 2, str(record["evidence"])
    assert [name for name in told if name.startswith("thread ")], str(record["evidence"])


@story
def a_worker_that_does_not_come_back_to_accept_is_stuck_and_nginx_loses_none_that_wait_for_it(stage):
    recycler = recycler_of(stage, 2)
    port = machine.free_ports(1)
    web = Balancer(stage, "nginx", snippets.recommended("nginx", recycler.addresses, port), port)
    client = Load(stage, web.url + "/app", duration=60, connections=8, query="sleep=0-5")
    assert ask(recycler.addresses[0], "nonce=1&stand=600000") is not None, "it was not answered"
    record = recycler.wait_end(recycler.slots[0], 30)
    recycler.wait_serving(recycler.slots[0], 2)
    summary = client.end()
    assert lost(summary) == 0, load.in_words(summary)
    assert summary["latency_ms"]["max"] < 1000 * (LIMIT + 4), load.in_words(summary)
    assert record["verdict"] == "stuck" and record["in_flight"] is None, str(record)
    assert "sleeps (clock_nanosleep)" in record["sentence"] and "nothing was lost" in record["sentence"], record["sentence"]
    recycler.wait_recorded()
    status = recycler.status()["totals"]
    assert status["recycles"]["stuck"] == 1 and status["ends"]["stuck"] == 1, str(status)
    assert recycler.slot(recycler.slots[1])["worker"]["generation"] == 1, "the other one was ended, too"
    return f"{load.in_words(summary)}; {record['sentence']}"


def tell_silent(stage, sent: bytes, taken: str, words: str, unix: bool = False):
    recycler = recycler_of(stage, 1, unix)
    slot = recycler.status()["slots"][0]["slot"]
    assert ask(address_of(recycler)) is not None
    with connected(address_of(recycler)) as silent:
        silent.sendall(sent)
        waits = Asking(address_of(recycler), "nonce=7")  # behind it
        record = recycler.wait_end(slot, 20)
        answer = waits.answer(20)
        assert silent.recv(1) == b"", "the silent connection was answered"
    assert answer is not None and answer["nonce"] == "7", "who waited behind it was not served"
    check_stuck(record, "1 connection", taken)
    assert words in record["sentence"] and "none of them had a complete request" in record["sentence"], record["sentence"]
    return record["sentence"]


WHOLE = request_bytes("nonce=1")
BEGUN = "1 request of which only the beginning had arrived"
NOTHING = "1 connection without a request"
for name, sent, taken, words in [
        ("nothing", b"", NOTHING, "waits for a request on a connection that it has accepted (read of fd "),
        ("half a header", WHOLE[:5], NOTHING, "waits for a request on a connection that it has accepted"),
        ("the first record alone", WHOLE[:16], BEGUN, "waits for the rest of its request"),
        ("half of the parameters", WHOLE[:len(WHOLE) // 2], BEGUN, "waits for the rest of its request")]:
    STORIES.add(f"a worker blocked by a connection on which {name} comes is stuck, and who waits behind it is served",
                tell_silent, sent=sent, taken=taken, words=words)
# libfcgi itself lets go of one that has sent nothing after 2 s.
STORIES.add("a worker blocked by a connection to its socket file on which half a header comes is stuck likewise",
            tell_silent, sent=WHOLE[:5], taken=NOTHING, words="waits for a request on a connection that it has accepted", unix=True)


@story
def a_worker_that_somebody_stopped_is_stuck_once_connections_wait_for_it(stage):
    recycler = recycler_of(stage, 1)
    assert ask(recycler.addresses[0]) is not None
    pid = recycler.slot(recycler.slots[0])["worker"]["pid"]
    stop_at_rest(pid)
    waits = Asking(recycler.addresses[0], "nonce=7")
    record = recycler.wait_end(recycler.slots[0], 20)
    assert waits.answer(20) is not None, "who waited was not served"
    check_stuck(record, "1 connection", "none")
    assert "is stopped" in record["sentence"], record["sentence"]
    return record["sentence"]


@story
def a_worker_that_serves_for_long_while_others_wait_and_one_that_nobody_waits_for_are_not_stuck(stage):
    recycler = recycler_of(stage, 3)
    busy, kept, uploading = recycler.addresses
    long = Asking(busy, f"nonce=1&sleep={1000 * LIMIT * 3}")
    wait_until(lambda: in_flight(recycler, recycler.slots[0]) == 1, 10, "it is in flight")
    behind = Asking(busy, "nonce=2")
    announced = WHOLE.replace(b"CONTENT_LENGTH0", b"CONTENT_LENGTH2").removesuffix(stream_record(STDIN, b""))
    with connected(kept), connected(uploading) as slow:  # nobody waits behind the first
        slow.sendall(announced)
        wait_until(lambda: in_flight(recycler, recycler.slots[2]) == 1, 10, "its parameters have come")
        last = Asking(uploading, "nonce=3")
        assert long.answer(30) is not None and behind.answer(30) is not None
        assert recycler.ends() == [], str(recycler.ends())
        slow.sendall(stream_record(STDIN, b"ab") + stream_record(STDIN, b""))
        assert last.answer(30) is not None
    assert [slot["worker"]["generation"] for slot in recycler.status()["slots"]] == [1, 1, 1]
    return f"each served on for {3 * LIMIT} s and longer"


@story
def a_request_that_nginx_gives_up_at_a_stuck_worker_is_explained_by_the_end_of_that_worker(stage):
    limit = 6  # seconds; far from the one second of nginx
    recycler = Recycler(stage, 1, {**POLICY, "recycle": {"stuck": f"{limit}s"}}).start()
    port = machine.free_ports(1)
    impatient = snippets.recommended("nginx", recycler.addresses, port)
    impatient = impatient.replace("fastcgi_pass", "fastcgi_read_timeout 1s;\n        fastcgi_pass", 1)
    Balancer(stage, "nginx", impatient, port)
    assert ask(recycler.addresses[0], "nonce=1&stand=600000") is not None, "it was not answered"
    given_up = WebRequest(port, "/app?nonce=2", 30)
    given_up.start()
    given_up.join()
    assert given_up.lost and given_up.lost["fault"] == "status 504", str(given_up.lost)
    record = recycler.wait_end(recycler.slots[0], 20)
    assert record["verdict"] == "stuck" and record["unserved_s"] >= limit, str(record)
    log = json.loads(recycler.ctl("--json", "explain", stage.path("nginx") / "error.log"))
    told = [(cause["cause"], cause["attempts"], [place["where"] for place in cause["places"]]) for cause in log["causes"]]
    assert told == [("stuck", 1, [f"{recycler.slots[0]}.1"])], str(log["causes"])
    assert log["lines"]["explained"] == log["lines"]["of_backends"], str(log["lines"])
