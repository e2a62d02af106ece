# SPDX-License-Identifier: MIT
"""Trust in who called sudo: that person's own policy root obeys, unless the workers run as that person, too."""

import os
import pwd

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.policy import to_toml
from harness.daemon.recycler import Recycler, Refused
from harness.stories import Collection
from stories.guarding.trust import STRANGER, checked, mended, without_sudo
from stories.operating.arguments import called
from stories.operating.refusals import POLICY_ERROR, refused_start

STORIES = Collection()
story = STORIES.story


@story
def a_policy_of_who_called_sudo_is_taken_and_no_other_users(stage):
    machine.need_root()
    recycler = Recycler(stage, 1)
    recycler.write_policy()
    os.chown(recycler.policy_file, STRANGER, STRANGER)
    runtime = recycler.environment["RECYCLER_RUNTIME_DIR"]
    for uid, accepted in [(STRANGER, True), (STRANGER + 1, False), ("", False), ("x", False)]:
        environment = dict(without_sudo(), SUDO_UID=str(uid), RECYCLER_RUNTIME_DIR=runtime)
        status, said = checked(recycler, environment)
        assert (status == 0) == accepted, f"SUDO_UID={uid}: {said}"
    recycler.environment = dict(without_sudo(), SUDO_UID=str(STRANGER), RECYCLER_RUNTIME_DIR=runtime)
    recycler.start()
    return recycler.ctl("reload").strip()


@story
def a_policy_that_the_workers_own_user_could_change_is_refused_whoever_called_sudo(stage):
    machine.need_root()
    if machine.worker_user() == "root":
        raise machine.Skip("the workers run as root here, who may write everywhere")
    worker = pwd.getpwnam(machine.worker_user()).pw_uid
    profile = stage.path("profile.json")
    profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
    profile.chmod(0o644)
    recycler = Recycler(stage, 1, {"sandbox": {"seccomp": str(profile)}})
    recycler.write_policy()
    recycler.environment = dict(without_sudo(), SUDO_UID=str(worker),
                                RECYCLER_RUNTIME_DIR=recycler.environment["RECYCLER_RUNTIME_DIR"])
    for spoilt in [recycler.policy_file, profile]:
        os.chown(spoilt, worker, -1)
        said = refused_start(recycler, POLICY_ERROR, f"{spoilt} can be changed by the user {machine.worker_user()}", "fix it with")
        status, daemon_said = called(recycler, "--check", recycler.policy_file)
        assert status == POLICY_ERROR and f"{spoilt} can be changed" in daemon_said, daemon_said
        status, ctl_said = checked(recycler)
        assert status == 1 and f"{spoilt} can be changed" in ctl_said, ctl_said
        mended(said)
    recycler.start()
    pids = recycler.worker_pids()
    os.chown(recycler.policy_file, worker, -1)
    recycler.policy_file.write_text(to_toml(recycler.policy | {"app": recycler.policy["app"] | {"user": "root"}}))
    try:
        raise AssertionError(recycler.ctl("reload"))
    except Refused as refused:
        assert f"{recycler.policy_file} can be changed by" in refused.sentence, refused.sentence
    assert recycler.worker_pids() == pids and ask(recycler.addresses[0]) is not None
    return said
