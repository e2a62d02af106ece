# SPDX-License-Identifier: MIT
"""What the daemon may still do once it runs: the keeper gives up what neither it nor the policy's workers need, so that one that was
started by hand has what the unit gives one, and says so where a reload comes too late."""

import os
import signal
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_gone, wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

NUMBERS = {"DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10, "NET_RAW": 13,
           "SYS_PTRACE": 19, "SYS_ADMIN": 21, "SYS_NICE": 23, "SYS_RESOURCE": 24, "PERFMON": 38, "CHOWN": 0, "FOWNER": 3, "SYSLOG": 34}
OF_KEEPER = ["SETUID", "SETGID", "SETPCAP", "KILL", "SYS_RESOURCE", "SYS_ADMIN", "PERFMON", "SYS_PTRACE", "DAC_OVERRIDE"]


def bits(names) -> int:
    return sum(1 << number for number in {NUMBERS[name.removeprefix("CAP_")] for name in names})


def sets(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: int(value, 16) for name, value in (line.split(":\t") for line in lines if line.startswith("Cap"))}


def of_unit() -> list[str]:
    lines = (machine.TREE / "systemd" / "units" / "recycler@.service").read_text().splitlines()
    return [name for line in lines if line.startswith("CapabilityBoundingSet=") for name in line.partition("=")[2].split()]


def need_all() -> int:
    """The capabilities that this machine has for root."""
    machine.need_root()
    if machine.worker_user() == "root":
        raise machine.Skip("the workers run as root here, and by default with all capabilities")
    return sets(os.getpid())["CapBnd"]


def refused(recycler: Recycler, changes: dict) -> str:
    """Why the reload was; the policy is as before then."""
    before, pids, controller = recycler.policy, recycler.worker_pids(), recycler.controller()
    recycler.write_policy(changes)
    try:
        raise AssertionError(f"not refused: {changes}: {recycler.ctl('reload')}")
    except Refused as refusal:
        assert (recycler.worker_pids(), recycler.controller()) == (pids, controller), "a reload that is refused has changed something"
        recycler.policy = before
        recycler.write_policy()
        return refusal.sentence


@story
def a_daemon_that_was_started_by_hand_keeps_the_capabilities_that_the_unit_gives_one(stage):
    everything = need_all()
    recycler = Recycler(stage, 1).start()
    keeper = sets(recycler.process.pid)
    for name in ["CapEff", "CapPrm"]:
        assert keeper[name] == bits(OF_KEEPER) & everything, f"{name}: {keeper[name]:x}"
    assert keeper["CapBnd"] == bits(of_unit()) & everything, f"CapBnd: {keeper['CapBnd']:x}"
    assert keeper["CapInh"] == keeper["CapAmb"] == 0, str(keeper)
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    assert wait_gone(controller, 20)
    wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 20, "another controller")
    kept = sets(recycler.controller())
    assert kept["CapEff"] == kept["CapPrm"] == kept["CapBnd"] != 0, str(kept)
    assert kept["CapEff"] & ~keeper["CapBnd"] == 0, str(kept)
    assert sets(recycler.worker_pids()[0])["CapBnd"] == 0
    assert recycler.stop() == 0, recycler.process.output()
    return f"permitted {keeper['CapPrm']:x}, bounding {keeper['CapBnd']:x}"


@story
def workers_get_the_capabilities_of_their_policy_whatever_the_daemon_gives_up(stage):
    everything = need_all()
    given = ["CAP_NET_BIND_SERVICE", "CAP_SYS_NICE"]
    recycler = Recycler(stage, 1, {"sandbox": {"capabilities": given, "nice": -5}}).start()
    keeper = sets(recycler.process.pid)
    assert keeper["CapPrm"] == bits([*OF_KEEPER, *given]) & everything, f"{keeper['CapPrm']:x}"
    assert keeper["CapBnd"] == bits([*of_unit(), *given]) & everything, f"{keeper['CapBnd']:x}"
    for generation in [1, 2]:
        worker = recycler.slot(recycler.slots[0])["worker"]
        assert worker["generation"] == generation, str(worker)
        assert set(sets(worker["pid"]).values()) == {bits(given)}, str(sets(worker["pid"]))
        assert os.getpriority(os.PRIO_PROCESS, worker["pid"]) == -5
        os.kill(worker["pid"], signal.SIGKILL)
        recycler.wait_serving(recycler.slots[0], generation + 1)
    assert recycler.stop() == 0, recycler.process.output()


@story
def a_reload_that_gives_workers_what_the_daemon_has_given_up_is_refused_until_it_is_restarted(stage):
    everything = need_all()
    recycler = Recycler(stage, 1).start()
    late = [{"sandbox": {"capabilities": ["CAP_SYS_NICE"]}}, {"sandbox": {"capabilities": ["CAP_KILL", "CAP_NET_RAW"]}},
            {"sandbox": {"nice": -5}}, {"sandbox": {"no_new_privileges": False}}, {"app": {"user": "root"}}]
    sentences = [refused(recycler, changes) for changes in late]
    assert all("restart" in sentence for sentence in sentences), str(sentences)
    assert "no CAP_SYS_NICE;" in sentences[0] and "no CAP_NET_RAW;" in sentences[1], str(sentences[:2])
    before = recycler.worker_pids()
    recycler.write_policy({"sandbox": {"capabilities": ["CAP_KILL"]}})  # the keeper has that one itself
    recycler.ctl("reload")
    wait_until(lambda: recycler.all_serving() and not set(recycler.worker_pids()) & set(before), 30, "other workers")
    assert set(sets(recycler.worker_pids()[0]).values()) == {bits(["KILL"])}
    assert recycler.stop() == 0, recycler.process.output()
    for number, changes in enumerate(late):
        other = Recycler(stage, 1, changes).start()
        assert ask(other.addresses[0], f"nonce={number}") is not None
        bounding = sets(other.process.pid)["CapBnd"]
        lists = "capabilities" in changes.get("sandbox", {}) or "nice" in changes.get("sandbox", {})
        assert (bounding == everything) != lists, f"{changes}: {bounding:x}"  # where nothing says what the workers need, all of it
        assert other.stop() == 0, other.process.output()
    return sentences[0]
