# SPDX-License-Identifier: MIT
"""Root acts where the workers' user may write: that user wins nothing of root's, and what it breaks is said or heals."""

import inspect
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from harness import machine, swapper
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.stage import Stage
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

OF_ROOT = "a password"


def need_other_user() -> str:
    machine.need_root()
    user = machine.worker_user()
    if user == "root":
        raise machine.Skip("there is no www-data, as which workers would run")
    return user


class Ground:
    """Two slots on sockets in a folder of the workers' own user, and a file of root's beside it."""

    def __init__(self, stage: Stage, changes: dict | None = None):
        self.user = need_other_user()
        self.stage = stage
        self.folder = stage.path("shop")
        self.folder.mkdir()
        shutil.chown(self.folder, self.user, self.user)
        self.secret = stage.path("secret")
        self.secret.write_text(OF_ROOT)
        self.secret.chmod(0o600)
        app = {"name": f"paths-{os.getpid()}", "listen": f"unix:{self.folder}/%s.sock", "workers": 2}
        self.recycler = Recycler(stage, 2, {"app": app, **(changes or {"capacity": {"handover": "overlap"}})})

    def as_worker(self, *words) -> None:
        """What a worker could do that obeys somebody else."""
        subprocess.run(list(map(str, words)), user=self.user, group=self.user, extra_groups=[], cwd="/", check=True)

    def link(self, name: str) -> None:
        self.as_worker("ln", "-sfT", self.secret, self.folder / name)

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.folder.iterdir())

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def check_secret(self) -> None:
        found = self.secret.stat()
        whose = (found.st_uid, found.st_gid, found.st_mode & 0o7777)
        assert whose == (0, 0, 0o600), f"the file of root's is {whose} by now"
        assert self.secret.read_text() == OF_ROOT

    def answers(self, name: str) -> bool:
        try:
            return ask(self.path(name)) is not None
        except OSError:
            return False


@story
def a_worker_that_puts_a_link_in_the_place_of_its_listener_gets_nothing_of_what_it_leads_to(stage):
    ground = Ground(stage)
    recycler = ground.recycler.start()
    ground.link("0.sock.1")
    recycler.ctl("reload")
    ground.check_secret()
    said = wait_until(lambda: [line for line in recycler.process.output().splitlines() if "is no longer the listener" in line],
                      10, "it is said")
    assert ground.answers("0.sock"), "the slot went on under its other name"
    recycler.ctl("recycle", "0.sock")
    ground.check_secret()
    assert ground.answers("0.sock") and ground.answers("1.sock")
    wait_until(lambda: ground.names() == ["0.sock", "0.sock.2", "1.sock", "1.sock.1"], 10,
               f"the link is cleared away: {ground.names()}")
    return said[0]


@story
def a_worker_that_races_for_the_names_of_the_next_listeners_wins_nothing_of_roots(stage):
    ground = Ground(stage)
    recycler = ground.recycler.start()
    racer = stage.start([sys.executable, "-c", inspect.getsource(swapper), ground.path("1.sock"), ground.secret, 2, 40],
                        "racer", user=ground.user, group=ground.user, extra_groups=[], cwd="/")
    wait_until(lambda: "ready" in racer.output(), 10, "the racer runs")
    refused = 0
    for _ in range(30):
        try:
            recycler.ctl("recycle", "1.sock")
        except Refused:
            refused += 1
        ground.check_secret()
    racer.stop()
    swaps = racer.output().count("swapped")
    for entry in ground.folder.glob("1.sock*"):
        if entry.is_symlink():
            entry.unlink()  # the operator's remedy
    recycler.ctl("recycle", "1.sock")
    assert wait_until(lambda: ground.answers("1.sock"), 20, "the slot serves again")
    ground.check_secret()
    return f"{swaps} names exchanged for links during 30 recycles, {refused} of which were refused"


@story
def names_that_a_worker_takes_away_come_back_and_those_that_it_occupies_are_told_of(stage):
    ground = Ground(stage)
    ground.recycler.environment["RECYCLER_WATCHDOG"] = "0"
    recycler = ground.recycler.start()
    os.kill(recycler.controller(), signal.SIGSTOP)  # it looks after the names by itself, too
    ground.as_worker("rm", ground.path("0.sock"))
    assert not ground.answers("0.sock")
    os.kill(recycler.controller(), signal.SIGCONT)
    recycler.ctl("recycle", "0.sock")
    assert ground.answers("0.sock"), "a recycle does not bring the name back"
    ground.as_worker("touch", ground.path("0.sock.3"))
    try:
        recycler.ctl("recycle", "0.sock")
        raise AssertionError("a recycle went well whose listener could not be opened")
    except Refused as refused:
        assert "goes on serving" in str(refused), str(refused)
    assert ground.answers("0.sock"), "the worker before does not go on"
    said = wait_until(lambda: [line for line in recycler.process.output().splitlines()
                               if "0.sock.3, which is not a socket" in line], 20, "it is said")
    ground.as_worker("rm", ground.path("0.sock.3"))
    recycler.ctl("recycle", "0.sock")
    assert ground.answers("0.sock"), "the slot is not healed"
    ground.check_secret()
    return said[0]


@story
def a_report_file_behind_a_link_of_the_workers_user_is_not_written_to_where_the_link_leads(stage):
    ground = Ground(stage, {"capacity": {"handover": "queue"}})
    of_root = stage.path("of-root")
    of_root.mkdir()
    ground.as_worker("ln", "-s", of_root, ground.folder / "sub")
    ground.recycler.policy["report"]["file"] = ground.path("sub/events.jsonl")
    recycler = ground.recycler.launch()
    status = recycler.process.wait(20)
    said = recycler.process.output()
    assert status == 78 and f"can be changed by the user {ground.user}" in said, f"{status}: {said}"
    assert not list(of_root.iterdir()), str(list(of_root.iterdir()))
    return said.strip()


@story
def check_and_the_log_warn_of_a_folder_of_sockets_where_the_workers_may_write(stage):
    ground = Ground(stage)
    recycler = ground.recycler.start()
    words = [machine.PROGRAMS / "recyclerctl", "check", recycler.policy_file]
    said = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert said.returncode == 0 and f"warning: The workers' user {ground.user} may write to {ground.folder}/" in said.stdout, said
    assert f"may write to {ground.folder}/" in recycler.process.output(), recycler.process.output()
    os.chown(ground.folder, 0, 0)
    again = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert again.returncode == 0 and "warning" not in again.stdout, again.stdout
    return next(line for line in said.stdout.splitlines() if line.startswith("warning"))


@story
def the_recorder_is_never_loaded_from_a_folder_where_others_may_write(stage):
    user = need_other_user()
    programs = stage.path("private") / "bin"
    programs.parent.mkdir(mode=0o700)
    shutil.copytree(machine.PROGRAMS, programs, ignore=shutil.ignore_patterns("tests", "unit_*", "kernel_*"))
    stage.path("run").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=755", "none", stage.path("run")], check=True)
    stage.callback(subprocess.run, ["umount", "--lazy", stage.path("run")], check=True)
    shared = Path(f"/tmp/recycler-recorder-{os.getuid()}.so")
    shared.unlink(missing_ok=True)
    # A system folder that the daemon may fall back to is out of reach in a mount namespace of its own.
    hide = "test ! -d /var/lib/recycler || mount -t tmpfs -o noexec none /var/lib/recycler; exec \"$@\""
    recycler = Recycler(stage, 1, prefix=["unshare", "--mount", "sh", "-c", hide, "sh"])
    recycler.daemon = programs / "recyclerd"
    recycler.start()
    assert ask(recycler.addresses[0]) is not None
    told = [each for each in recycler.status()["limitations"] if f"the user {user} cannot reach" in each]
    assert told, str(recycler.status()["limitations"])
    assert not shared.exists() and not list(stage.path("run").glob("*/recycler-recorder*")), "it was copied"
    assert pwd.getpwnam(user).pw_uid == Path(f"/proc/{recycler.worker_pids()[0]}").stat().st_uid
    return told[0]
