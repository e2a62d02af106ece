# SPDX-License-Identifier: MIT
"""Keeper and controller of different versions: after an upgrade the old keeper goes on, and after a step back it meets an older
controller. tests/upgrade/run does it with the programs of an older version themselves."""

import errno
import os
import signal
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler, Refused
from harness.former.keeper import FormerKeeper
from harness.processes import children_of, wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

FORMER_CONTROLLER = Path(__file__).resolve().parents[2] / "harness" / "former" / "controller.py"


def all_serve(recycler: Recycler, keeper: FormerKeeper) -> bool:
    if keeper.fault:
        raise keeper.fault
    try:
        return all(recycler.serves(slot) for slot in recycler.status()["slots"])
    except Refused:
        return False


@story
def a_running_keeper_of_the_protocol_before_is_served_by_the_controller_of_today(stage):
    machine.need_memory_cgroup()
    if machine.memory_controller() != "v1":
        raise machine.Skip("the keeper written down here places workers by the files of cgroup v1 alone")
    recycler = Recycler(stage, 2, {"sandbox": {"isolate": True}})  # which no plan says that it reads
    recycler.write_policy()
    stage.path("run").mkdir(mode=0o755)
    keeper = FormerKeeper(recycler)
    stage.callback(keeper.end)
    wait_until(lambda: all_serve(recycler, keeper), 20, "both slots serve")
    (said,) = [each for each in recycler.status()["limitations"] if "isolate" in each]
    assert "takes effect when the unit is restarted" in said, said
    for number in range(20):
        assert ask(recycler.addresses[number % 2], f"nonce={number}")["nonce"] == str(number)
    pids = recycler.worker_pids()
    keeper.kill_controller()
    wait_until(lambda: keeper.starts == 2 and all_serve(recycler, keeper), 20, "the second controller has taken over")
    assert recycler.worker_pids() == pids, "the workers are the same"
    assert ask(recycler.addresses[0], "nonce=21")["nonce"] == "21"
    recycler.ctl("recycle", recycler.slots[0])
    recycler.wait_serving(recycler.slots[0], 2)
    wait_until(lambda: recycler.status()["totals"]["recycles"], 20, "the recycle is counted")
    totals = recycler.status()["totals"]
    assert totals["requests"] == 21 and totals["recycles"] == {"operator": 1}, str(totals)
    keeper.signal(signal.SIGTERM)
    wait_until(lambda: keeper.quit_code is not None or keeper.fault, 20, "the controller has stopped the app")
    assert keeper.quit_code == 0 and keeper.fault is None, f"{keeper.quit_code} {keeper.fault}"
    assert all(worker.exit for worker in keeper.workers.values()), "every worker has ended"
    said = {name: keeper.said.count(name) for name in keeper.said}
    assert said["hello"] == 2 and said["launch"] == 3 and said["forget"] >= 1, str(said)
    return ", ".join(f"{count} {name}" for name, count in said.items())


@story
def a_controller_of_the_protocol_before_is_served_by_the_keeper_of_today(stage):
    log = stage.path("told")
    recycler = Recycler(stage, 1)
    recycler.environment |= {"RECYCLER_CONTROLLER": str(FORMER_CONTROLLER), "FORMER_CONTROLLER_LOG": str(log)}
    recycler.launch()

    def told(line: str, count: int = 1) -> bool:
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(each.startswith(line) for each in lines) >= count
    wait_until(lambda: told("launched 3 0 1 ") and told("exited 3 0 1 "), 10, f"a program has run: {recycler.process.output()}")
    (controller,) = children_of(recycler.process.pid)
    os.kill(controller, signal.SIGKILL)
    wait_until(lambda: told("replay_done", 2), 10, "a second controller is told what is held")
    assert told("replay_deposit 6 0 77 kept +1") and told("replay_worker 3 0 1 "), log.read_text()
    wait_until(lambda: told(f"rejected 3 0 1 6 0 {errno.EEXIST} "), 10, f"the second launch is rejected: {log.read_text()}")
    assert recycler.stop() == 0
    return f"{len(log.read_text().splitlines())} messages"
