# SPDX-License-Identifier: MIT
"""The keeper starts workers by the plans alone that a controller told it before it had read anything of a stranger's: a policy that
wants another plan is taken up by a fresh controller, and an accepted policy holds whatever its file says by then."""

import os
import pwd
import shutil
import signal
from pathlib import Path

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_gone, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

OTHER_USER = "nobody"


def names(recycler: Recycler) -> list[str]:
    return [line["event"] for line in recycler.events()]


def uid_of(pid: int) -> int:
    return os.stat(f"/proc/{pid}").st_uid


def colours(recycler: Recycler) -> set[str]:
    """What COLOUR is in the environment of each worker; nothing while one is being replaced."""
    pids = [slot["worker"]["pid"] for slot in recycler.status()["slots"] if slot["worker"]]
    try:
        environments = [Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in pids]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return {word.decode() for environment in environments for word in environment if word.startswith(b"COLOUR=")}


def replace_worker(recycler: Recycler, slot: str) -> None:
    """kill -9, and waits for the next one."""
    worker = recycler.slot(slot)["worker"]
    os.kill(worker["pid"], signal.SIGKILL)
    recycler.wait_serving(slot, worker["generation"] + 1)


def replace_controller(recycler: Recycler) -> None:
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    assert wait_gone(controller, 20)
    wait_until(lambda: recycler.controller() not in (None, controller) and recycler.all_serving(), 20, "another controller")


def refusals(recycler: Recycler) -> list[str]:
    return [line for line in recycler.process.output().splitlines() if "is not started" in line]


@story
def a_reload_of_another_user_and_program_is_carried_out_by_a_fresh_controller_without_a_loss(stage):
    if not machine.is_root() or machine.worker_user() in ("root", OTHER_USER):
        raise machine.Skip("needs two users to choose from")
    recycler = Recycler(stage, 3).start()
    first = recycler.controller()
    client = Load(stage, Lighttpd(stage, recycler.addresses).url, duration=300, query="sleep=0-2", progress=0.1)
    wait_until(lambda: (client.latest() or {"answered": 0})["answered"] > 200, 60, "the load runs")
    program = stage.path("other-app")
    shutil.copy2(machine.TEST_PROGRAMS / "app", program)
    recycler.write_policy({"app": {"user": OTHER_USER, "command": [str(program)]}})
    said = recycler.ctl("reload")
    assert "app.user" in said and "app.command" in said, said
    second = recycler.controller()
    assert second != first, "another controller has taken it up"
    for slot in recycler.slots:
        worker = recycler.wait_serving(slot, 2)["worker"]
        assert uid_of(worker["pid"]) == pwd.getpwnam(OTHER_USER).pw_uid
        assert os.path.samefile(f"/proc/{worker['pid']}/exe", program)
    assert names(recycler).count("policy-loaded") == 1 and "controller-replaced" not in names(recycler), str(names(recycler))
    # And by signal, with nobody who asks again.
    recycler.write_policy({"sandbox": {"umask": "0077"}, "app": {"environment": {"COLOUR": "red"}}})
    recycler.process.signal(signal.SIGHUP)
    wait_until(lambda: names(recycler).count("policy-loaded") == 2, 15, "it is taken up")
    for slot in recycler.slots:
        recycler.wait_serving(slot, 3)
    assert colours(recycler) == {"COLOUR=red"} and recycler.controller() not in (first, second)
    third = recycler.controller()
    recycler.write_policy({"recycle": {"requests": 1000000}})
    assert "recycle.requests" in recycler.ctl("reload")
    assert recycler.controller() == third, "a reload that no worker is started otherwise for needs no other controller"
    summary = client.end()
    assert lost(summary) == 0, load.in_words(summary)
    assert not refusals(recycler) and "trouble" not in names(recycler), f"{refusals(recycler)} {names(recycler)}"
    return load.in_words(summary)


@story
def a_changed_file_that_nobody_reloaded_is_not_gone_by_when_controllers_are_killed(stage):
    recycler = Recycler(stage, 2, {"app": {"environment": {"COLOUR": "red"}}}).start()
    accepted = recycler.policy
    for other in ({"environment": {"COLOUR": "blue"}}, {"environment": {"COLOUR": "green"}}, {"reqests": 7},
                  {"environment": {"COLOUR": "black"}}):
        recycler.policy = accepted
        recycler.write_policy({"app": other})
        replace_controller(recycler)
        replace_worker(recycler, recycler.slots[0])
        assert colours(recycler) == {"COLOUR=red"}, f"{colours(recycler)} with {other} in the file"
    recycler.ctl("reload")
    wait_until(lambda: colours(recycler) == {"COLOUR=black"}, 20, "the reload takes it up")
    replace_controller(recycler)
    replace_worker(recycler, recycler.slots[0])
    assert colours(recycler) == {"COLOUR=black"} and not refusals(recycler), str(refusals(recycler))


@story
def a_policy_that_no_worker_was_started_by_yet_outlives_a_change_of_its_file(stage):
    recycler = Recycler(stage, 2, {"app": {"environment": {"COLOUR": "red"}}}).start()
    recycler.ctl("drain", "all", "--force")
    recycler.write_policy({"app": {"environment": {"COLOUR": "blue"}}})
    recycler.ctl("reload")
    for colour in ("green", "black", "white"):
        recycler.write_policy({"app": {"environment": {"COLOUR": colour}}})
        controller = recycler.controller()
        os.kill(controller, signal.SIGKILL)
        assert wait_gone(controller, 20)
        wait_until(lambda: recycler.controller() not in (None, controller), 20, "another controller")
    recycler.ctl("open", "all")
    wait_until(recycler.all_serving, 20, "all serve again")
    assert colours(recycler) == {"COLOUR=blue"} and not refusals(recycler), f"{colours(recycler)} {refusals(recycler)}"
    assert ask(recycler.addresses[0]) is not None


@story
def a_group_that_the_account_was_given_is_taken_up_by_a_reload(stage):
    if not machine.is_root() or machine.worker_user() == "root":
        raise machine.Skip("needs another user than root")
    groups = stage.path("group")
    shutil.copy("/etc/group", groups)
    # The daemon alone sees this file in the place of the machine's.
    covered = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/group && exec "$@"', str(groups)]
    recycler = Recycler(stage, 2, prefix=covered).start()
    first, pids = recycler.controller(), recycler.worker_pids()
    with open(groups, "a") as file:
        file.write(f"recycler-story:x:59999:{machine.worker_user()}\n")
    assert recycler.ctl("reload") == "the policy is unchanged\n"
    assert recycler.controller() != first and recycler.worker_pids() == pids
    replace_worker(recycler, recycler.slots[0])
    status = Path(f"/proc/{recycler.slot(recycler.slots[0])['worker']['pid']}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("Groups:")]
    assert "59999" in line.split() and not refusals(recycler), f"{line} {refusals(recycler)}"
