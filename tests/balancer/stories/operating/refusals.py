# SPDX-License-Identifier: MIT
"""Bad days: what cannot be done is said in a sentence, with the right exit status, and the rest keeps serving."""

import os
import socket

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of, memory_directory
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

MACHINE_REFUSED, POLICY_ERROR = 71, 78
NO_CGROUPS = machine.without("/sys/fs/cgroup")


def refused_start(recycler: Recycler, status: int, *words: str, still_running: str = "") -> str:
    """The daemon ends by itself with that status; what it says must hold all of `words`. It leaves no cgroup, unless another
    daemon of its app is still running."""
    recycler.launch()
    ended = recycler.process.wait(15)
    said = recycler.process.output()
    assert ended == status, f"exit {ended} instead of {status}: {said}"
    missing = [word for word in words if word not in said]
    assert not missing, f"{missing} not in: {said}"
    left = cgroups_of(recycler.app)
    assert not left or recycler.app == still_running, f"cgroups are left: {left}"
    return said.strip().splitlines()[-1]


@story
def an_address_in_use_is_named_and_nothing_is_started(stage):
    recycler = Recycler(stage, 2)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(recycler.addresses[1])
        taken.listen()
        return refused_start(recycler, MACHINE_REFUSED, recycler.slots[1], "in use")


@story
def a_second_daemon_for_the_same_app_is_refused_and_the_first_serves_on(stage):
    first = Recycler(stage, 2).start()
    second = Recycler(stage, 2)
    second.policy["app"]["name"] = second.app = first.app
    said = refused_start(second, MACHINE_REFUSED, first.app, "running", still_running=first.app)
    assert ask(first.addresses[0]) is not None
    return said


@story
def a_second_app_on_the_same_ports_is_refused_and_the_first_serves_on(stage):
    first = Recycler(stage, 2).start()
    second = Recycler(stage, 2, {"app": {"listen": first.policy["app"]["listen"], "name": f"other-{first.first_port}"}})
    said = refused_start(second, MACHINE_REFUSED, first.slots[0])
    pids = {ask(first.addresses[0])["pid"] for _ in range(20)}
    assert len(pids) == 1, f"somebody shares the port: {pids}"
    return said


@story
def a_policy_with_faults_is_refused_with_each_of_them(stage):
    recycler = Recycler(stage, 2, {"memory": {"max": "64MiB"}, "recycle": {"memory": "65MiB", "reqests": 5}})
    return refused_start(recycler, POLICY_ERROR, "memory", "reqests", "requests")


@story
def a_user_that_does_not_exist_is_named(stage):
    machine.need_root()
    return refused_start(Recycler(stage, 2, {"app": {"user": "nobody-of-that-name"}}), POLICY_ERROR, "nobody-of-that-name")


@story
def a_socket_in_the_place_of_the_control_socket_is_refused(stage):
    recycler = Recycler(stage, 1)
    control = stage.path("run") / recycler.app / "control"
    recycler.policy["app"]["listen"] = f"unix:{control}"
    return refused_start(recycler, POLICY_ERROR, str(control), f"{control.parent}/{recycler.app}.sock")


def tell_start_failure(stage, changes: dict, *words: str):
    """A worker that cannot be started: the daemon stays, since that may be mended while it runs, and each slot has its record."""
    recycler = Recycler(stage, 2, changes).launch()
    def recorded():
        assert recycler.process.running(), f"exit {recycler.process.wait(0)}: {recycler.process.output()}"
        found = {record["slot"]: record for record in reversed(recycler.ends())}
        return [found[slot] for slot in recycler.slots] if len(found) == recycler.count else None
    for record in wait_until(recorded, 15, "a record of the failed start of each slot"):
        assert (record["kind"], record["verdict"]) == ("start-failure", "start-failed"), str(record)
        missing = [word for word in words if word not in record["sentence"]]
        assert not missing, f"{missing} not in: {record['sentence']}"
    return record["sentence"]


@story
def a_program_that_is_not_there_is_named(stage):
    return tell_start_failure(stage, {"app": {"command": ["/nonexistent/dispatch.fcgi"]}},
                              "/nonexistent/dispatch.fcgi", "No such file")


@story
def a_directory_that_the_user_may_not_enter_is_named(stage):
    machine.need_root()
    if machine.worker_user() == "root":
        raise machine.Skip("the workers run as root here, who may enter every directory")
    closed = stage.path("closed")
    closed.mkdir(mode=0o700)
    return tell_start_failure(stage, {"app": {"directory": str(closed)}}, str(closed), "Permission denied")


@story
def a_cgroup_taken_away_under_a_worker_costs_no_request(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2, {"memory": {"max": "128MiB"}, "recycle": {"memory": "100MiB"}}).start()
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=300, query="sleep=0-2")
    worker = recycler.slot(recycler.slots[0])["worker"]
    directory = memory_directory(worker["cgroup"])
    above = directory
    while above.parent.name not in ("memory", "cgroup"):
        above = above.parent
    (above.parent / "cgroup.procs").write_text(str(worker["pid"]))
    wait_until(lambda: (directory / "cgroup.procs").read_text() == "", 20, "the worker's cgroup is empty")
    os.rmdir(directory)
    # The daemon notices within its sampling interval, must say so, and can still replace the worker.
    recycler.ctl("recycle", recycler.slots[0])
    recycler.wait_serving(recycler.slots[0], 2)
    summary = client.end()
    assert lost(summary) == 0, load.in_words(summary)
    renewed = recycler.slot(recycler.slots[0])["worker"]
    assert memory_directory(renewed["cgroup"]).exists(), str(renewed)
    return load.in_words(summary)


@story
def without_the_right_to_reopen_a_gate_drain_is_refused_and_overlap_still_works(stage):
    machine.need_root()
    prefix = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"]
    recycler = Recycler(stage, 2, {"capacity": {"handover": "overlap"}}, prefix=prefix).start()
    limitations = recycler.status()["limitations"]
    assert any("CAP_NET_RAW" in sentence for sentence in limitations), str(limitations)
    try:
        recycler.ctl("drain", recycler.slots[0])
        raise AssertionError("drain was not refused")
    except Refused as refused:
        assert refused.status == 1 and "CAP_NET_RAW" in refused.sentence, str(refused)
        said = refused.sentence.strip()
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=300, query="sleep=0-2")
    for _ in range(20):
        recycler.ctl("recycle", "all")
    summary = client.end()
    recycler.wait_recorded()
    recycles = recycler.status()["totals"]["recycles"].get("operator", 0)
    assert lost(summary) == 0 and recycles == 40, f"{recycles} recycles; {load.in_words(summary)}"
    return f"{said}\n{recycles} recycles; {load.in_words(summary)}"


@story
def required_limits_that_cannot_be_had_are_refused(stage):
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 2, {"memory": {"max": "64MiB", "enforcement": "required"}}, prefix=NO_CGROUPS)
    return refused_start(recycler, MACHINE_REFUSED, "cgroup")


@story
def preferred_limits_that_cannot_be_had_are_said_loudly_and_memory_is_still_watched(stage):
    machine.need_root()
    changes = {"memory": {"max": "256MiB", "enforcement": "preferred"}, "recycle": {"memory": "40MiB"}}
    recycler = Recycler(stage, 2, changes, prefix=NO_CGROUPS).start()
    status = recycler.status()
    assert status["cgroup"]["enforced"] is False and status["cgroup"]["version"] == 0, str(status["cgroup"])
    assert any("memory" in sentence for sentence in status["limitations"]), str(status["limitations"])
    web = Lighttpd(stage, recycler.addresses)
    summary = Load(stage, web.url, requests=2000, query="leak=200&sleep=0-4").result()
    recycler.wait_recorded()
    recycles = recycler.status()["totals"]["recycles"].get("memory", 0)
    figures = f"{recycles} recycles by memory; {load.in_words(summary)}; {status['limitations'][0]}"
    assert lost(summary) == 0 and recycles >= 4, figures
    return figures
