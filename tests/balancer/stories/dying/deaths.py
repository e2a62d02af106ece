# SPDX-License-Identifier: MIT
"""Every end has one record with the right verdict, and the slot serves on."""

import os
import signal
import struct
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.daemon.control import Control
from harness.daemon.recycler import Recycler
from harness.processes import children_of, wait_gone, wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def kill_with(number: int):
    """Somebody else's kill of an idle worker."""
    def deed(recycler: Recycler, slot: str) -> None:
        assert ask(recycler.addresses[0]) is not None
        os.kill(recycler.slot(slot)["worker"]["pid"], number)
    return deed


def request_with(query: str, times: int = 1, **names):
    """A request that the worker does not survive; no whole answer may come."""
    def deed(recycler: Recycler, slot: str) -> None:
        for _ in range(times - 1):
            assert ask(recycler.addresses[0], **names) is not None
        ask(recycler.addresses[0], query, **names)
    return deed


def recycle_while_busy(recycler: Recycler, slot: str) -> None:
    recycler.busy = Asking(recycler.addresses[0], "nonce=busy&sleep=30000")  # held, so that the client does not hang up
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    recycler.ctl("recycle", slot, "--no-wait")


def keep_busy(recycler: Recycler, slot: str) -> None:
    recycler.busy = Asking(recycler.addresses[0], "nonce=busy&sleep=30000")


@dataclass
class Death:
    """What happens to the first worker of an app, and what its record must say."""
    verdict: str
    deed: object
    policy: dict = field(default_factory=dict)
    says: str = ""  # must stand in the sentence or in the evidence
    in_flight: str | None = None  # must stand in the URI of the request in flight
    needs: object = lambda: None


# It exits on SIGTERM, and closes its connections before that.
RUBY = {"command": ["/usr/bin/ruby", str(machine.TEST_PROGRAMS / "app.rb")]}
SHORT_STOP = {"stop_timeout": "1s"}
PHP = {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_MAX_REQUESTS": "3"}}

DEATHS = {
    "a worker over its own limit is an oom-worker": Death(
        "oom-worker", request_with("nonce=1&leak=204800"), {"memory": {"max": "64MiB"}}, in_flight="leak=204800",
        needs=machine.need_memory_cgroup),
    "a worker killed by somebody is killed": Death(
        "killed", kill_with(signal.SIGKILL), says="SIGKILL",
        needs=machine.need_memory_cgroup),  # without counters it might have been the kernel, for memory,
    "a worker that runs into SIGSEGV has crashed": Death(
        "crashed", request_with("nonce=1&crash=segv"), says="SIGSEGV", in_flight="crash=segv"),
    "a worker that aborts has crashed": Death(
        "crashed", request_with("nonce=1&crash=abort"), says="SIGABRT", in_flight="crash=abort"),
    "a worker that exits within a request has exited with that status": Death(
        "exited", request_with("nonce=1&exit=3"), says="3", in_flight="exit=3"),
    "a php worker that leaves after its requests has left": Death(
        "left", request_with("nonce=1", times=3, script="/app.php", root=str(machine.TEST_PROGRAMS)), {"app": PHP},
        says="PHP_FCGI_MAX_REQUESTS", needs=lambda: machine.need_program("php-cgi")),
    "a worker still busy at the end of its drain is a drain-cut that names the request": Death(
        "drain-cut", recycle_while_busy, {"drain": {"timeout": "1s", **SHORT_STOP}}, in_flight="sleep=30000"),
    "a worker with a request that runs too long is hung and the record names the request": Death(
        "hung", keep_busy, {"recycle": {"hung": "1s"}, "drain": SHORT_STOP}, in_flight="sleep=30000"),
    "a worker with a request that runs too long while its successor serves already is hung": Death(
        "hung", recycle_while_busy, {"recycle": {"hung": "1s"}, "drain": SHORT_STOP, "capacity": {"handover": "overlap"}},
        in_flight="sleep=30000", needs=machine.need_root),
    "a Ruby worker cut off at the end of its drain is a drain-cut that names the request": Death(
        "drain-cut", recycle_while_busy, {"app": RUBY, "drain": {"timeout": "1s"}}, in_flight="sleep=30000",
        needs=lambda: machine.need_program("ruby")),
    "a Ruby worker with a request that runs too long is hung and the record names the request": Death(
        "hung", keep_busy, {"app": RUBY, "recycle": {"hung": "1s"}}, in_flight="sleep=30000",
        needs=lambda: machine.need_program("ruby")),
    "a Ruby worker that runs into SIGSEGV has crashed": Death(
        "crashed", request_with("nonce=1&crash=segv"), {"app": RUBY}, in_flight="crash=segv",
        needs=lambda: machine.need_program("ruby")),
}


def tell_death(stage, death: Death):
    death.needs()
    recycler = Recycler(stage, 2, death.policy).start()
    slot = recycler.slots[0]
    pid = recycler.slot(slot)["worker"]["pid"]
    death.deed(recycler, slot)
    record = recycler.wait_end(slot, 15)
    recycler.wait_serving(slot, 2)
    check_record(record, death, pid)
    check_one_record_each(recycler, 1)
    return record["sentence"]


def check_record(record: dict, death: Death, pid: int) -> None:
    assert record["verdict"] == death.verdict, str(record)
    assert record["pid"] == pid and record["generation"] == 1, str(record)
    proof = record["sentence"] + " ".join(f"{item['name']} {item['value']}" for item in record["evidence"])
    assert death.says in proof, str(record)
    if death.in_flight:
        assert record["in_flight"] and death.in_flight in record["in_flight"]["uri"], str(record)


def check_one_record_each(recycler: Recycler, expected: int) -> None:
    """The report file, `why` and the totals tell of the same ends, each once."""
    recycler.wait_recorded()
    records = recycler.ends()
    names = [(record["slot"], record["generation"]) for record in records]
    assert len(names) == len(set(names)) == expected, str(records)
    assert [(r["slot"], r["generation"], r["verdict"]) for r in reversed(recycler.why())] == \
        [(r["slot"], r["generation"], r["verdict"]) for r in records], str(recycler.why())
    totals = recycler.status()["totals"]["ends"]
    assert sum(totals.values()) == expected, str(totals)


for sentence, death in DEATHS.items():
    STORIES.add(sentence, tell_death, death=death)


def blame(number: int, pid: int) -> subprocess.Popen:
    """A shell that sends a signal and stays, so that it can be named."""
    return subprocess.Popen(["/bin/sh", "-c", f"kill -{number} {pid}; read line"], stdin=subprocess.PIPE)


@story
def who_killed_a_worker_is_named_with_pid_and_user_where_nobody_has_mounted_tracefs(stage):
    machine.need_signals_traced()
    recycler = Recycler(stage, 2, prefix=machine.without(*machine.TRACEFS)).start()
    assert not [said for said in recycler.status()["limitations"] if "tracefs" in said], recycler.status()["limitations"]
    told = []
    for slot, number in zip(recycler.slots, (signal.SIGKILL, signal.SIGABRT)):
        with blame(number, recycler.slot(slot)["worker"]["pid"]) as killer:
            record = recycler.wait_end(slot, 15)
            killer.stdin.close()
        name = f"sent by sh (pid {killer.pid}"
        proof = {item["name"]: item["value"] for item in record["evidence"]}
        assert name in record["sentence"] and proof["user id of the sender"] == "0", str(record)
        told.append(record["sentence"])
    recycler.wait_serving(recycler.slots[0], 2)
    recycler.ctl("recycle", recycler.slots[0])  # what we send ourselves is nobody else's
    record = recycler.wait_end(recycler.slots[0], 15, after=1)
    assert record["verdict"] == "recycled" and "sent by" not in str(record), str(record)
    for process in (recycler.process.pid, recycler.controller()):
        assert "tracefs" not in Path(f"/proc/{process}/mounts").read_text(), f"{process} has left one mounted"
    return told[0]


@story
def workers_over_the_limit_of_the_app_are_an_oom_app(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 3, {"memory": {"max": "256MiB", "app_max": "300MiB"}}).start()
    for address in recycler.addresses:
        ask(address, "nonce=1&leak=122880")  # 120 MiB each: two fit, three do not
    record = wait_until(lambda: (recycler.ends() or [None])[0], 15, "a record")
    assert record["verdict"] == "oom-app", str(record)
    recycler.wait_serving(record["slot"], 2)
    return record["sentence"]


@story
def a_php_child_that_dies_alone_is_an_event_and_no_end(stage):
    machine.need_program("php-cgi")
    php = {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_CHILDREN": "2"}}
    recycler = Recycler(stage, 1, {"app": php}).start()
    worker, children = children_that_are_known(recycler, 2)
    os.kill(children[0], signal.SIGKILL)
    event = wait_until(lambda: [e for e in recycler.events() if e["event"] == "child-died"], 10, "child-died")
    assert ask(recycler.addresses[0], script="/app.php", root=str(machine.TEST_PROGRAMS)) is not None
    assert recycler.ends() == [], str(recycler.ends())
    assert (event[0]["pid"], event[0]["requests_cut"]) == (children[0], 0), str(event[0])
    assert "between two requests" in event[0]["text"], str(event[0])
    assert "1 child process died before the worker did" in recycler.ctl("why"), recycler.ctl("why")
    return event[0]["text"]


@story
def php_children_that_leave_after_their_requests_are_no_event(stage):
    machine.need_program("php-cgi")
    php = {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_CHILDREN": "2", "PHP_FCGI_MAX_REQUESTS": "1"}}
    recycler = Recycler(stage, 1, {"app": php}).start()
    worker, children = children_that_are_known(recycler, 2)
    # Samples come meanwhile: what nobody has seen serve is missed by nobody.
    answer = ask(recycler.addresses[0], "nonce=1&sleep=1500", script="/app.php", root=str(machine.TEST_PROGRAMS))
    assert answer is not None
    wait_until(lambda: sum(pid in children_of(worker) for pid in children) == 1, 20, "one of them has left")
    other = next(pid for pid in children if pid in children_of(worker))
    os.kill(other, signal.SIGKILL)
    event = wait_until(lambda: [e for e in recycler.events() if e["event"] == "child-died"], 10, "child-died")
    assert [e["pid"] for e in event] == [other], str(event)


def children_that_are_known(recycler: Recycler, count: int) -> tuple[int, list[int]]:
    """The first slot's worker and its children. One may serve already when the next is not there yet, and Recycler misses none that
    it has not seen yet."""
    def are_known() -> tuple[int, list[int]] | None:
        worker = recycler.slot(recycler.slots[0])["worker"]
        found = children_of(worker["pid"])
        return (worker["pid"], found) if len(found) == count == worker["children"] else None
    return wait_until(are_known, 20, f"php-cgi has {count} children, and Recycler has seen them")


def tell_child_lost_in_a_request(stage, children: int, handover: str):
    machine.need_program("php-cgi")
    php = {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_CHILDREN": str(children)}}
    recycler = Recycler(stage, 1, {"app": php, "capacity": {"handover": handover}, "drain": {"timeout": "10s"}}).start()
    (slot,), (address,) = recycler.slots, recycler.addresses
    _, lives = children_that_are_known(recycler, children)
    asking = Asking(address, "nonce=1&sleep=60000", script="/app.php", root=str(machine.TEST_PROGRAMS))
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 1, 20, "it is in flight")
    for child in lives:
        os.kill(child, signal.SIGKILL)
    assert asking.answer() is None
    wait_until(lambda: len([e for e in recycler.events() if e["event"] == "child-died"]) == children, 10, "each one is told")
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == 0, 10, "it is in flight no more")
    assert ask(address, script="/app.php", root=str(machine.TEST_PROGRAMS)) is not None
    recycler.ctl("recycle", slot)
    record = recycler.wait_end(slot)
    assert (record["verdict"], record["in_flight"]) == ("recycled", None), record["sentence"]
    return record["sentence"]


for number, mode in [(1, "overlap"), (2, "queue"), (2, "overlap")]:
    STORIES.add(f"php-cgi whose children ({number}) died alone in a request is recycled by {mode} later as the idle worker it is",
                tell_child_lost_in_a_request, children=number, handover=mode)


@story
def a_worker_that_keeps_dying_is_braked_and_comes_back(stage):
    restart = {"burst": 3, "within": "60s", "backoff_max": "2s"}
    recycler = Recycler(stage, 2, {"restart": restart}).start()
    slot = recycler.slots[0]
    control = Control(recycler)

    def braked_or_next(deaths: int) -> dict | None:
        """The brake holds it for a second: the slot is looked at all the time."""
        now = control.slot(slot)
        serves_on = recycler.serves(now) and now["worker"]["generation"] > deaths
        return now if now["state"] == "braked" or serves_on else None
    for deaths in range(1, 5):
        pid = recycler.wait_serving(slot, deaths, 20)["worker"]["pid"]
        os.kill(pid, signal.SIGKILL)
        assert wait_gone(pid, 20)
        braked = wait_until(lambda: braked_or_next(deaths), 20, f"what comes after death {deaths}", every=0.005)
        if braked["state"] == "braked":
            break
    assert braked["state"] == "braked" and braked["braked_until"], str(braked)
    assert ask(recycler.addresses[1]) is not None, "the other slot does not serve"
    began = time.monotonic()
    recycler.wait_serving(slot, deaths + 1, 20)
    check_one_record_each(recycler, deaths)
    return f"braked after {deaths} deaths, served again {time.monotonic() - began:.1f} s later"


# Writes into the first row of its recorder page that process 1 came to accept() once and answered one request, and is gone.
CLAIMS_A_REQUEST = "printf '" + "".join(f"\\{byte:03o}" for byte in struct.pack("<II7Q", 1, 0, 1, 1, 1, 1, 1, 1, 0)) + \
    "' | dd of=/proc/self/fd/$RECYCLER_PAGE bs=512 seek=1 conv=notrunc 2>/dev/null"


@story
def a_program_that_only_claims_to_have_answered_a_request_is_braked_and_has_not_left(stage):
    recycler = Recycler(stage, 1, {"app": {"command": ["/bin/sh", "-c", CLAIMS_A_REQUEST]}}).launch()
    wait_until(lambda: [line for line in recycler.report() if line.get("event") == "braked"], 30, "it is braked")

    def braking_ends():
        claims = [record for record in recycler.ends() if "It had never been ready." in record["sentence"]]
        return claims if len(claims) > 5 else None  # restart.burst

    claims = wait_until(braking_ends, 10, f"their records: {recycler.ends()}")
    assert {(record["verdict"], record["requests"]) for record in claims} == {("exited", 1)}, str(claims)
    return claims[-1]["sentence"]


@story
def a_worker_that_leaves_after_each_request_is_never_braked(stage):
    recycler = Recycler(stage, 1).start()
    (slot,), (address,) = recycler.slots, recycler.addresses
    for generation in range(1, 16):
        recycler.wait_serving(slot, generation, 20)
        assert ask(address, "nonce=1&leave=0") is not None
    recycler.wait_serving(slot, 16, 20)
    recycler.wait_recorded()
    assert [record["verdict"] for record in recycler.ends()] == ["left"] * 15, str(recycler.ends())
    assert not [event for event in recycler.events() if event["event"] == "braked"], str(recycler.events())
    return recycler.ends()[-1]["sentence"]


@story
def requests_that_wait_while_their_worker_dies_are_answered_by_the_next_one(stage):
    recycler = Recycler(stage, 1).start()
    address = recycler.addresses[0]
    dying = Held(address, "nonce=dying&crash=segv")
    wait_until(lambda: recycler.slot(recycler.slots[0])["worker"]["requests"]["in_flight"] == 1, 20, "it is in flight")
    waiting = [Asking(address, f"nonce={i}") for i in range(5)]
    assert dying.release().answer() is None
    answers = [asking.answer() for asking in waiting]
    assert [answer and answer["nonce"] for answer in answers] == [str(i) for i in range(5)], str(answers)
    slowest = max(asking.answered_at for asking in waiting) - dying.answered_at
    return f"{len(answers)} queued requests answered, the last one {slowest * 1000:.1f} ms after the death"
