# SPDX-License-Identifier: MIT
"""A controller that somebody has taken over: it makes each attempt of tests/kernel/captured to get out, and is refused. The same
attempts by a process that has given up nothing succeed, wherever this machine has what they are after."""

import os
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.captured import (ALWAYS, CAPTURED, CHOWN, DAC_OVERRIDE, FOWNER, SYS_ADMIN, Outcome, Scene, capabilities,
                                     check_controller, check_refused, check_worker, mounts_of, outcomes, unconfined)
from harness.daemon.policy import merged, to_toml
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def need_mounts() -> None:
    machine.need_root()
    if not capabilities(os.getpid(), "Eff") & SYS_ADMIN:
        raise machine.Skip("without CAP_SYS_ADMIN the controller makes no view of its own")


def recycler_with_reports_apart(stage, count: int, **options) -> Recycler:
    """The folder of the report is writable, with all that stands in it."""
    recycler = Recycler(stage, count, **options)
    recycler.report_file = stage.path("reports") / "report.jsonl"
    recycler.policy["report"]["file"] = str(recycler.report_file)
    return recycler


def scene_around(recycler: Recycler) -> Scene:
    return Scene(Path(recycler.environment["RECYCLER_RUNTIME_DIR"]), recycler.app)


def start_captured(recycler: Recycler, scene: Scene) -> dict[str, Outcome]:
    recycler.environment |= {"RECYCLER_CONTROLLER": str(CAPTURED), **scene.environment}
    recycler.launch()
    wait_until(lambda: scene.report.exists() or not recycler.process.running(), 60, "all attempts are made")
    assert recycler.process.running(), recycler.process.output()[-2000:]
    return outcomes(scene.report)


@story
def a_controller_that_was_taken_over_is_refused_what_it_tries_and_its_app_serves_on(stage):
    need_mounts()
    recycler = recycler_with_reports_apart(stage, 2)
    with scene_around(recycler) as scene:
        captured = start_captured(recycler, scene)
        free = unconfined(scene, stage.path("free"))
        wait_until(lambda: "a worker (0.4711) is not started" in recycler.process.output(), 20, "the keeper refuses a worker of root")
    wait_until(recycler.all_serving, 60, "every slot serves")
    assert not Path("/etc/recycler-captured").exists()
    for address in recycler.addresses:
        assert ask(address) is not None
    assert "the controller " not in recycler.process.output(), recycler.process.output()
    assert recycler.stop() == 0
    return check_refused(captured, free)


def forged(recycler: Recycler) -> bytes:
    """The policy in force as a controller leaves it to the next one, and one address more."""
    app = recycler.policy["app"]
    text = to_toml(merged(recycler.policy, {"app": {"listen": [app["listen"], "unix:/etc/recycler-captured.sock"]}}))
    slots = [f"slot {number} tcp {port} {host}" for number, (host, port) in enumerate(recycler.addresses)]
    return "\n".join(["recycler-accepted 2", "workers up-to-date", "loaded 1", *slots, "profile 0", "", text]).encode()


@story
def what_a_captured_controller_leaves_behind_opens_nothing_to_the_next_one(stage):
    need_mounts()
    recycler = recycler_with_reports_apart(stage, 2)
    policy = stage.path("forged")
    policy.write_bytes(forged(recycler))
    recycler.environment["CAPTURED_POLICY"] = str(policy)
    with scene_around(recycler) as scene:
        start_captured(recycler, scene)
    wait_until(recycler.all_serving, 60, "every slot serves under the next controller")
    controller = recycler.controller()
    writable = {place for place, options in mounts_of(controller).items() if "rw" in options}
    assert "/etc" not in writable and str(scene.own) in writable, f"{writable}"
    assert not capabilities(controller, "Prm") & (CHOWN | FOWNER), hex(capabilities(controller, "Prm"))
    listed = recycler.events()
    assert any(line["event"] == "controller-replaced" for line in listed), f"{listed}"


def own_cgroups(mounts: dict[str, set[str]]) -> set[str]:
    return {place for place, options in mounts.items() if place.startswith("/sys/fs/cgroup") and "rw" in options}


@story
def what_a_controller_and_its_workers_have_left_is_what_their_policy_needs(stage):
    need_mounts()
    sockets = stage.path("sockets")
    sockets.mkdir(mode=0o755)
    for options, more, folders in [({}, 0, set()), ({"sockets": sockets}, DAC_OVERRIDE | CHOWN | FOWNER, {str(sockets)})]:
        recycler = recycler_with_reports_apart(stage, 2, **options).start()
        controller = recycler.controller()
        cgroups = own_cgroups(mounts_of(controller))
        closed = any(not os.stat(folder).st_mode & 0o200 for folder in cgroups)
        own = {str(stage.path("run") / recycler.app), str(stage.path("reports"))} | folders
        check_controller(controller, ALWAYS | more | (DAC_OVERRIDE if closed else 0), own | cgroups)
        for pid in recycler.worker_pids():
            check_worker(pid)
        assert recycler.stop() == 0
    return f"{len(cgroups)} cgroups of its own"
