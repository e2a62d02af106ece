# SPDX-License-Identifier: MIT
"""The machine has no descriptor or no process left to give: what dies meanwhile waits, all else serves on, and it heals by itself."""

import math
import os
import re
import resource
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.daemon.handover_spans import unix_time
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection
from stories.dying.outages import next_controller
from stories.operating.refusals import MACHINE_REFUSED, refused_start
from stories.surroundings.faults import check_healed, check_told_once, light_load, refusal_of

STORIES = Collection()
story = STORIES.story

O_PATH = 0o10000000


def failed_start(recycler: Recycler) -> dict:
    """The first record of one, once there is one."""
    def found() -> dict | None:
        return next((end for end in recycler.ends() if end["verdict"] == "start-failed"), None)
    return wait_until(found, 10, "a failed start is recorded")


def allow_descriptors(process: int, count: int | None) -> None:
    """None: as many as it may have."""
    most = resource.prlimit(process, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(process, resource.RLIMIT_NOFILE, (most if count is None else count, most))


def lowest_free(process: int) -> int:
    used = {int(name) for name in os.listdir(f"/proc/{process}/fd")}
    return next(number for number in range(len(used) + 1) if number not in used)


@story
def a_keeper_without_a_descriptor_delays_the_one_worker_that_died_and_loses_nothing(stage):
    machine.need_root()
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}}).start()
    app = light_load(stage, recycler, recycler.addresses[1:])
    slot, other = recycler.slots[:2]
    keeper = recycler.process.pid
    allow_descriptors(keeper, lowest_free(keeper))
    os.kill(recycler.slot(slot)["worker"]["pid"], 9)
    record = failed_start(recycler)
    assert "Too many open files" in record["sentence"] and "open files" in record["next_step"], str(record)
    # Behind a closed gate, or in its queue: nobody is let down.
    said = refusal_of(recycler, "recycle", other)
    assert "goes on serving" in said, said
    app.goes_on(100)
    shown = wait_until(lambda: (now := recycler.slot(slot))["state"] == "braked" and now, 10, "its brake holds it")
    assert shown["last_end"]["verdict"] == "start-failed", str(shown)
    failed = [end for end in recycler.ends() if end["verdict"] == "start-failed" and end["slot"] == slot]
    # A few at once, and then after 1 s, 2 s, 4 s ...
    elapsed = unix_time(failed[-1]) - unix_time(failed[0])
    assert len(failed) <= 7 + math.log2(1 + elapsed), f"{len(failed)} records in {elapsed:.1f} s: it is not tried ever more slowly"
    check_told_once(recycler, "keep for the controller after this one: Too many open files")
    allow_descriptors(keeper, None)
    assert recycler.wait_serving(slot, 2, 30) and ask(recycler.addresses[0]) is not None
    return f"{record['sentence']}\n{check_healed(recycler, app)}"


def spare_of(controller: int) -> int:
    """The descriptor that it gives up for an operator who asks."""
    def is_spare(number: int) -> bool:
        info = Path(f"/proc/{controller}/fdinfo/{number}").read_text()
        flags = int(re.search(r"flags:\s*(\d+)", info)[1], 8)
        return flags & O_PATH != 0 and os.readlink(f"/proc/{controller}/fd/{number}") == "/dev/null"
    return next(number for number in map(int, os.listdir(f"/proc/{controller}/fd")) if is_spare(number))


@story
def a_controller_without_a_descriptor_says_so_to_whoever_asks_and_loses_nothing(stage):
    machine.need_root()
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}}).start()
    app = light_load(stage, recycler, recycler.addresses[1:])
    slot, other = recycler.slots[:2]
    controller = recycler.controller()
    # All below its spare one are in use, as they would be below its limit.
    allow_descriptors(controller, spare_of(controller) + 1)
    limitations = recycler.status()["limitations"]
    said = next((each for each in limitations if "no file descriptor left" in each), None)
    assert said and f"process {controller} " in said, str(limitations)
    refused = refusal_of(recycler, "recycle", other)
    assert "goes on serving" in refused and "Too many open files" in refused and "LimitNOFILE" in refused, refused
    for _ in range(2):  # the first one has a successor's place that was made ahead
        before = len(recycler.ends())
        os.kill(recycler.slot(slot)["worker"]["pid"], 9)
        wait_until(lambda: len(recycler.ends()) > before, 10, "the end is recorded")
        wait_until(lambda: (recycler.slot(slot)["worker"] or {}).get("pid") or recycler.slot(slot)["state"] == "braked", 10,
                   "it is replaced, or waits")
        if recycler.slot(slot)["state"] == "braked":
            break
    app.goes_on(100)
    assert recycler.controller() == controller, "the controller was replaced"
    allow_descriptors(controller, None)
    wait_until(recycler.all_serving, 60, "all slots serve again")
    wait_until(lambda: not any("no file descriptor left" in each for each in recycler.status()["limitations"]), 10, "nothing is said")
    check_told_once(recycler, "Too many open files")
    assert recycler.controller() == controller, "the controller was replaced"
    return f"{said}\n{refused}\n{check_healed(recycler, app)}"


@story
def a_machine_that_refuses_to_fork_delays_the_one_worker_that_died_and_loses_nothing(stage):
    machine.need_pids_cgroup()
    if machine.memory_controller() != "v1":
        raise machine.Skip("where it is shown the number of processes is limited by a hierarchy of its own, on cgroup v1")
    group = Path(f"/sys/fs/cgroup/pids/recycler-story-{os.getpid()}")
    group.mkdir()
    most = group / "pids.max"
    stage.callback(group.rmdir)
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}},
                        prefix=["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]).start()
    stage.callback(most.write_text, "max")  # before the daemon is stopped, which takes a controller
    app = light_load(stage, recycler, recycler.addresses[1:])
    slot, other = recycler.slots[:2]
    most.write_text("1")
    waiting = Asking(recycler.addresses[0], "nonce=waits")
    os.kill(recycler.slot(slot)["worker"]["pid"], 9)
    record = failed_start(recycler)
    assert 'step "fork"' in record["sentence"] and "TasksMax" in record["next_step"], str(record)
    said = refusal_of(recycler, "recycle", other)
    assert "goes on serving" in said, said
    # What takes a process of its own is answered from what is remembered.
    assert "could not be started" in recycler.ctl("why", slot) and recycler.events(), "nothing is told"
    controller = recycler.controller()
    os.kill(controller, 9)
    wait_until(lambda: "cannot start the controller" in recycler.process.output(), 10, "the keeper says it")
    app.goes_on(100)
    told = recycler.process.output().count("cannot start the controller")
    assert told == 1, f"told {told} times"
    most.write_text("max")
    next_controller(recycler, controller, 20)
    recycler.wait_serving(slot, 2, 30)
    answer = waiting.answer(20)
    return f"{record['sentence']}\nwaiting: {'answered' if answer else 'ended with its worker'}\n{check_healed(recycler, app)}"


@story
def too_few_descriptors_are_said_with_the_number_that_is_needed_at_the_start_and_at_a_reload(stage):
    prefix = ["prlimit", "--nofile=256:256", "--"]
    sentence = r"this needs up to (\d+) open files, and process \d+ may have 256: allow more \(LimitNOFILE="
    at_start = refused_start(Recycler(stage, 24, prefix=prefix), MACHINE_REFUSED, "keep 24 slots")
    needed = re.search(sentence, at_start)
    assert needed and int(needed[1]) > 256, at_start
    recycler = Recycler(stage, 4, prefix=prefix).start()
    app = light_load(stage, recycler)
    first = machine.free_ports(24)
    listen = recycler.policy["app"]["listen"]
    recycler.write_policy({"app": {"listen": f"127.0.0.1:{first}-{first + 23}"}})
    at_reload = refusal_of(recycler, "reload")
    assert re.search(sentence, at_reload), at_reload
    recycler.write_policy({"app": {"listen": listen}})
    recycler.ctl("reload")
    return f"{at_reload.strip()}\n{check_healed(recycler, app)}"
