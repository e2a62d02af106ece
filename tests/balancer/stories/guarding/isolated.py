# SPDX-License-Identifier: MIT
"""[sandbox] isolate: workers of one app and one user can neither read nor harm each other, as far as the kernel can see to it; and
what ended workers left in /dev/shm is told where it is shared."""

import ctypes
import errno
import json
import os
import subprocess
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.processes import alive, wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20
# A user that nobody else has: SIGKILL to all that it may reaches these workers alone.
ALONE = 45997
LOOKS = ["memory", "environ", "maps", "readv", "descriptor", "page", "trace"]
CREATE_RULESET, ASK_FOR_VERSION = 444, 1  # of Landlock


def landlock() -> int:
    """Its version on this kernel; 0: none."""
    return max(ctypes.CDLL(None).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_FOR_VERSION), 0)


def need_landlock() -> None:
    machine.need_root()
    if landlock() < 2:
        raise machine.Skip("this kernel has no Landlock that leaves renames alone")


def need_no_other(user: int) -> None:
    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and owner(pid) == user]
    if others:
        raise machine.Skip(f"user {user} runs {others}")


def owner(pid: str) -> int | None:
    try:
        return Path("/proc", pid).stat().st_uid
    except FileNotFoundError:
        return None


def app(stage, isolate: bool, **sandbox) -> Recycler:
    """Two workers whose filter stops nothing: what stops them is what is told of here."""
    need_no_other(ALONE)
    policy = {"app": {"user": str(ALONE), "group": str(ALONE)}, "restart": {"burst": 1000, "within": "1s"},
              "sandbox": {"isolate": isolate, "seccomp": "off", **sandbox}, "limits": {"core": "0"}}
    return Recycler(stage, 2, policy).start()


def tried(recycler: Recycler, words: str) -> int:
    """What the first worker is answered when it does so: 0, or the errno."""
    return int(ask(recycler.addresses[0], f"nonce=1&{words}")["errno"])


def other(recycler: Recycler) -> int:
    return recycler.worker_pids()[1]


def limitations(recycler: Recycler) -> list[str]:
    return [each for each in recycler.status()["limitations"] if "sandbox.isolate = true" in each]


def does_what_is_its_own(recycler: Recycler, stage) -> None:
    """What a worker must go on doing."""
    folder = stage.path("moves")
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    assert tried(recycler, "pry=own-child") == 0, "it cannot end its own child"
    assert tried(recycler, f"pry=move&file={folder}") == 0, "it cannot move a file between folders"
    assert tried(recycler, f"pry=signal&at={recycler.worker_pids()[0]}") == 0, "it cannot signal itself"


def tell_refused(stage, **sandbox):
    need_landlock()
    recycler = app(stage, True, **sandbox)
    sibling = other(recycler)
    errors = {word: tried(recycler, f"pry={word}&at={sibling}") for word in LOOKS}
    assert set(errors.values()) <= {errno.EACCES, errno.EPERM}, str(errors)
    does_what_is_its_own(recycler, stage)
    signal = tried(recycler, f"pry=signal&at={sibling}")
    if landlock() >= 6:
        assert signal == errno.EPERM, f"the sibling takes its signals: {signal}"
        assert tried(recycler, f"pry=kill&at={sibling}") == errno.EPERM
        tried(recycler, "pry=kill&at=-1")
        assert limitations(recycler) == [], str(limitations(recycler))
    else:
        assert signal == 0 and any("signals" in each for each in limitations(recycler)), str(limitations(recycler))
    assert recycler.worker_pids()[1] == sibling and alive(sibling), "the sibling was harmed"
    assert recycler.ends() == [], str(recycler.ends())
    return f"Landlock {landlock()}: " + ", ".join(f"{word} {errno.errorcode[error]}" for word, error in errors.items())


STORIES.add("isolated workers of one user can neither read nor harm each other, and do as ever with what is their own", tell_refused)
STORIES.add("workers that may gain privileges are isolated, too", tell_refused, no_new_privileges=False)


@story
def without_isolation_workers_of_one_user_can_read_and_end_each_other(stage):
    """So that the stories above can fail."""
    machine.need_root()
    recycler = app(stage, False)
    sibling = other(recycler)
    errors = {word: tried(recycler, f"pry={word}&at={sibling}") for word in [*LOOKS, "signal"]}
    assert set(errors.values()) == {0}, str(errors)
    does_what_is_its_own(recycler, stage)
    tried(recycler, "pry=kill&at=-1")
    record = recycler.wait_end(recycler.slots[1])
    assert record["verdict"] == "killed", str(record)
    return record["sentence"]


@story
def the_dev_shm_of_an_isolated_worker_is_its_own_and_ends_with_it(stage):
    need_landlock()
    recycler = app(stage, True)
    first, second = recycler.worker_pids()
    name = f"recycler-story-{os.getpid()}"
    stage.callback(lambda: Path("/dev/shm", name).unlink(missing_ok=True))  # if it is not its own
    assert tried(recycler, f"shm={40 * 1024}&file={name}") == 0
    assert tried(recycler, f"pry=find&file=/dev/shm/{name}") == 0
    there = ask(recycler.addresses[1], f"nonce=1&pry=find&file=/dev/shm/{name}")
    assert int(there["errno"]) == errno.ENOENT, "the sibling sees it"
    assert not Path("/dev/shm", name).exists() and Path(f"/proc/{first}/root/dev/shm", name).exists()
    held = shared_memory(recycler)
    assert held is None or held >= 40 * MIB, f"{held} bytes are charged to the app"
    recycler.ctl("recycle", recycler.slots[0])
    recycler.wait_serving(recycler.slots[0], 2)
    assert tried(recycler, f"pry=find&file=/dev/shm/{name}") == errno.ENOENT, "the next worker sees it"
    wait_until(lambda: (shared_memory(recycler) or 0) < 10 * MIB, 10, "its memory is given back")
    assert recycler.status()["cgroup"]["left_shmem"] is None and not told_of_left(recycler)
    assert recycler.worker_pids()[1] == second
    return f"{held} bytes while it lived, {shared_memory(recycler)} when it had ended"


SHARED_MOUNTS = ["unshare", "--mount", "--propagation", "shared", "--"]  # as systemd makes them for the machine


@story
def what_the_machine_mounts_later_arrives_in_isolated_workers_and_goes_again(stage):
    need_landlock()
    need_no_other(ALONE)
    policy = {"app": {"user": str(ALONE), "group": str(ALONE)}, "sandbox": {"isolate": True}}
    recycler = Recycler(stage, 1, policy, prefix=SHARED_MOUNTS).start()
    disk = stage.path("disk")
    disk.mkdir()

    def in_its_mounts(*command) -> None:
        subprocess.run(["nsenter", f"--target={recycler.process.pid}", "--mount", "--", *command], check=True)
    in_its_mounts("mount", "-t", "tmpfs", "none", disk)
    in_its_mounts("touch", disk / "file")
    assert tried(recycler, f"pry=find&file={disk}/file") == 0, "the worker does not see the new mount"
    in_its_mounts("umount", disk)
    assert tried(recycler, f"pry=find&file={disk}/file") == errno.ENOENT, "the worker still holds the mount"


def shared_memory(recycler: Recycler) -> int | None:
    """What the kernel counts for the app; None: there is no cgroup."""
    path = recycler.status()["cgroup"]["path"]
    version = machine.memory_controller()
    if path is None:
        return None
    file = Path("/sys/fs/cgroup/memory" if version == "v1" else "/sys/fs/cgroup", path.lstrip("/"), "memory.stat")
    word = "total_shmem" if version == "v1" else "shmem"
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.split()[0] == word)


def told_of_left(recycler: Recycler) -> list[str]:
    return [each for each in recycler.status()["limitations"] if "/dev/shm" in each and "left" in each]


@story
def memory_that_ended_workers_left_in_a_shared_dev_shm_is_counted_and_told(stage):
    machine.need_memory_cgroup()
    recycler = app(stage, False)
    name = Path("/dev/shm", f"recycler-story-{os.getpid()}")
    stage.callback(lambda: name.unlink(missing_ok=True))
    assert tried(recycler, f"shm={40 * 1024}&file={name.name}") == 0
    assert told_of_left(recycler) == [], "it is that of a living worker"
    recycler.ctl("recycle", recycler.slots[0])
    recycler.wait_serving(recycler.slots[0], 2)
    recycler.wait_recorded()
    wait_until(lambda: told_of_left(recycler), 10, "it is told")
    left = recycler.status()["cgroup"]["left_shmem"]
    assert 40 * MIB <= left < 44 * MIB, str(left)
    (sentence,) = told_of_left(recycler)
    assert "With sandbox.isolate = true" in sentence, sentence
    name.unlink()
    wait_until(lambda: not told_of_left(recycler), 10, "nothing is left")
    return sentence


WITHOUT_MOUNTS = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]


@story
def without_the_right_to_mount_isolated_workers_start_and_it_says_what_they_share(stage):
    need_landlock()
    need_no_other(ALONE)
    policy = {"app": {"user": str(ALONE), "group": str(ALONE)}, "sandbox": {"isolate": True, "seccomp": "off"}}
    recycler = Recycler(stage, 2, policy, prefix=WITHOUT_MOUNTS).start()
    assert tried(recycler, f"pry=environ&at={other(recycler)}") in (errno.EACCES, errno.EPERM)
    said = [each for each in limitations(recycler) if "share /dev/shm" in each]
    assert len(said) == 1 and "CAP_SYS_ADMIN" in said[0], str(limitations(recycler))
    check = [*WITHOUT_MOUNTS, machine.PROGRAMS / "recyclerctl", "check", "--json", recycler.policy_file]
    checked = json.loads(subprocess.run(check, capture_output=True, text=True, check=True).stdout)
    assert said[0] in checked["warnings"], str(checked)
    return said[0]


@story
def a_reload_isolates_the_workers_one_after_another_and_check_says_what_is_missing(stage):
    need_landlock()
    recycler = app(stage, False)
    before = recycler.worker_pids()
    recycler.write_policy({"sandbox": {"isolate": True}})
    checked = subprocess.run([machine.PROGRAMS / "recyclerctl", "check", recycler.policy_file], capture_output=True, text=True)
    assert checked.returncode == 0 and ("isolate" in checked.stdout) == (landlock() < 6), checked.stdout
    recycler.ctl("reload")
    wait_until(lambda: recycler.all_serving() and not set(recycler.worker_pids()) & set(before), 30, "all are replaced")
    assert tried(recycler, f"pry=environ&at={other(recycler)}") in (errno.EACCES, errno.EPERM)
    recycler.write_policy({"sandbox": {"isolate": False}})
    isolated = recycler.worker_pids()
    recycler.ctl("reload")
    wait_until(lambda: recycler.all_serving() and not set(recycler.worker_pids()) & set(isolated), 30, "all are replaced again")
    assert tried(recycler, f"pry=environ&at={other(recycler)}") == 0
    return checked.stdout.splitlines()[0]
