# SPDX-License-Identifier: MIT
"""Trust in how it is started: whose policy root obeys, what others may write, which mode what is made has, whoever started it."""

import os
import re
import socket
import stat
import subprocess
import time
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.policy import to_toml
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of
from harness.stories import Collection
from stories.operating.arguments import called
from stories.operating.refusals import MACHINE_REFUSED, POLICY_ERROR, refused_start

STORIES = Collection()
story = STORIES.story

STRANGER = 54321  # nobody's account


def checked(recycler: Recycler, environment: dict | None = None, *options) -> tuple[int, str]:
    argv = [machine.PROGRAMS / "recyclerctl", *options, "check", recycler.policy_file]
    done = subprocess.run(argv, env=environment or recycler.environment, capture_output=True, text=True, timeout=15)
    return done.returncode, done.stdout + done.stderr


def without_sudo() -> dict:
    return {name: value for name, value in os.environ.items() if name != "SUDO_UID"}


def mended(said: str) -> None:
    """What the message says to do is done."""
    command = said.partition("fix it with: ")[2].splitlines()[0].partition("; or name")[0]
    subprocess.run(["sh", "-ec", command], check=True)


def everybody_may_write_it(_folder: Path, file: Path) -> Path:
    file.chmod(0o666)
    return file


def its_group_may_write_it(_folder: Path, file: Path) -> Path:
    os.chown(file, 0, STRANGER)
    file.chmod(0o664)
    return file


def somebody_else_owns_it(_folder: Path, file: Path) -> Path:
    os.chown(file, STRANGER, STRANGER)
    return file


def everybody_may_write_its_folder(folder: Path, _file: Path) -> Path:
    folder.chmod(0o777)
    return folder


def somebody_else_owns_the_folder_above(folder: Path, _file: Path) -> Path:
    os.chown(folder.parent, STRANGER, STRANGER)
    return folder.parent


WAYS = [everybody_may_write_it, its_group_may_write_it, somebody_else_owns_it, everybody_may_write_its_folder,
        somebody_else_owns_the_folder_above]


def in_folders(stage, name: str) -> Path:
    """A folder in a folder of its own, so that each can be spoilt."""
    folder = stage.path(name) / "policies"
    folder.mkdir(parents=True)
    for each in [folder.parent, folder]:
        each.chmod(0o755)
    return folder


@story
def a_policy_that_somebody_else_could_change_is_refused_with_what_mends_it(stage):
    machine.need_root()
    for spoil in WAYS:
        folder = in_folders(stage, spoil.__name__)
        recycler = Recycler(stage, 1)
        recycler.environment = dict(without_sudo(), RECYCLER_RUNTIME_DIR=recycler.environment["RECYCLER_RUNTIME_DIR"])
        recycler.policy_file = folder / "shop.toml"
        recycler.write_policy()
        recycler.policy_file.chmod(0o644)
        named = spoil(folder, recycler.policy_file)
        said = refused_start(recycler, POLICY_ERROR, str(named), "can be changed by", "fix it with: ")
        status, daemon_said = called(recycler, "--check", recycler.policy_file)
        assert status == POLICY_ERROR and f"{named} can be changed by" in daemon_said, daemon_said
        status, ctl_said = checked(recycler)
        assert status == 1 and f"{named} can be changed by" in ctl_said, ctl_said
        status, json_said = checked(recycler, None, "--json")
        assert status == 1 and f"{named} can be changed by" in json_said and json_said.startswith('{"faults":[{'), json_said
        mended(said)
        status, said_now = checked(recycler)
        assert status == 0, f"{spoil.__name__}: after {said}: {said_now}"
    return said


@story
def a_reload_refuses_what_somebody_else_could_change_and_the_app_goes_on(stage):
    machine.need_root()
    recycler = Recycler(stage, 1).start()
    pids = recycler.worker_pids()
    recycler.write_policy({"recycle": {"requests": 77}})
    recycler.policy_file.chmod(0o666)
    try:
        raise AssertionError(recycler.ctl("reload"))
    except Refused as refused:
        said = refused.sentence
    assert f"{recycler.policy_file} can be changed by" in said, said
    assert recycler.worker_pids() == pids and ask(recycler.addresses[0]) is not None
    mended(said)
    assert "recycle.requests" in recycler.ctl("reload")
    return said.strip()


@story
def the_profile_that_a_policy_names_is_trusted_no_further(stage):
    machine.need_root()
    profile = stage.path("profile.json")
    profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
    profile.chmod(0o644)
    recycler = Recycler(stage, 1, {"sandbox": {"seccomp": str(profile)}})
    recycler.write_policy()
    assert checked(recycler)[0] == 0, checked(recycler)
    profile.chmod(0o646)
    assert checked(recycler)[0] == 1
    said = refused_start(recycler, POLICY_ERROR, f"read the seccomp profile {profile}", "can be changed by everybody")
    return said


@story
def what_is_no_file_is_no_policy_and_nobody_waits_for_it(stage):
    recycler = Recycler(stage, 1)
    fifo, folder, door = stage.path("fifo.toml"), stage.path("folder.toml"), stage.path("socket.toml")
    os.mkfifo(fifo)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(door))
        for path, word in [(fifo, "a FIFO"), (folder, "a folder"), ("/dev/zero", "a device"), (door, "a socket")]:
            recycler.policy_file = path
            began = time.monotonic()
            status, said = called(recycler, "--check", f"{path}" if "/" in str(path) else f"./{path}")
            assert status == POLICY_ERROR and word in said, f"exit {status}: {said}"
            status, said = called(recycler, str(path))
            assert status == POLICY_ERROR and word in said, f"exit {status}: {said}"
            status, said = checked(recycler)
            assert status == 1 and word in said, f"exit {status}: {said}"
            assert time.monotonic() - began < 5, f"{path} took {time.monotonic() - began:.1f} s"
    return said.strip()


def mode_of(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def told_modes(stage, umask: str) -> None:
    runtime, reports, sockets = (stage.path(f"{name}{umask}") for name in ["run", "reports", "sockets"])
    sockets.mkdir()
    sockets.chmod(0o755)
    changes = {"app": {"listen": f"unix:{sockets}/s.sock", "name": f"umask-{umask}"}}
    recycler = Recycler(stage, 1, changes, prefix=["sh", "-c", f'umask {umask} && exec "$@"', "sh"])
    recycler.report_file = reports / "deep" / "events.jsonl"
    recycler.policy["report"]["file"] = str(recycler.report_file)
    recycler.environment["RECYCLER_RUNTIME_DIR"] = str(runtime / "deep")
    recycler.start()
    recycler.ctl("recycle", "all")
    made = {runtime: 0o755, runtime / "deep": 0o755, runtime / "deep" / recycler.app: 0o755,
            runtime / "deep" / recycler.app / "lock": 0o600, runtime / "deep" / recycler.app / "control": 0o666,
            reports: 0o755, reports / "deep": 0o755, recycler.report_file: 0o640, sockets / "s.sock": 0o660}
    made |= {Path(group): 0o755 for group in cgroups_of(recycler.app)}
    wrong = {str(path): mode_of(path) for path, mode in made.items() if mode_of(path) != oct(mode)}
    assert not wrong, f"umask {umask}: {wrong}"
    worker = Path(f"/proc/{recycler.worker_pids()[0]}/status").read_text()
    assert re.search(r"^Umask:\s+0022$", worker, re.M), worker
    recycler.stop()


@story
def what_is_made_has_its_mode_whatever_the_umask_was(stage):
    for umask in ["000", "077", "022"]:
        told_modes(stage, umask)


@story
def a_runtime_folder_that_others_may_write_is_refused(stage):
    machine.need_root()
    recycler = Recycler(stage, 1)
    stage.path("run").mkdir()
    stage.path("run").chmod(0o777)
    said = refused_start(recycler, MACHINE_REFUSED, f"the folder {stage.path('run')} can be changed by", "everybody")
    mended(said)
    recycler.start()
    return said


@story
def a_report_file_where_the_worker_could_put_a_link_is_refused(stage):
    machine.need_root()
    if machine.worker_user() == "root":
        raise machine.Skip("the workers run as root here, who may write everywhere")
    folder = stage.path("logs")
    folder.mkdir()
    folder.chmod(0o755)
    recycler = Recycler(stage, 1)
    recycler.report_file = folder / "events.jsonl"
    recycler.policy["report"]["file"] = str(recycler.report_file)
    recycler.write_policy()
    subprocess.run(["chown", machine.worker_user(), folder], check=True)
    said = refused_start(recycler, POLICY_ERROR, "report.file", f"the folder {folder} can be changed by the user", "fix it with")
    status, daemon_said = called(recycler, "--check", recycler.policy_file)
    assert status == POLICY_ERROR and f"the folder {folder} can be changed" in daemon_said, daemon_said
    status, ctl_said = checked(recycler)
    assert status == 1 and f"the folder {folder} can be changed" in ctl_said, ctl_said
    mended(said)
    recycler.start()
    subprocess.run(["chown", machine.worker_user(), folder], check=True)
    try:
        raise AssertionError(recycler.ctl("reload"))
    except Refused as refused:
        assert f"the folder {folder} can be changed" in refused.sentence, str(refused)
    assert ask(recycler.addresses[0]) is not None
    return said


@story
def workers_run_as_a_number_that_has_no_account(stage):
    machine.need_root()
    recycler = Recycler(stage, 1, {"app": {"user": str(STRANGER), "group": None}}).start()
    pid = recycler.worker_pids()[0]
    status = Path(f"/proc/{pid}/status").read_text()
    ids = {name: re.search(rf"^{name}:\s+(.*)$", status, re.M)[1].split() for name in ["Uid", "Gid", "Groups"]}
    assert ids == {"Uid": [str(STRANGER)] * 4, "Gid": [str(STRANGER)] * 4, "Groups": [str(STRANGER)]}, str(ids)
    environment = dict(pair.split("=", 1) for pair in Path(f"/proc/{pid}/environ").read_text().split("\0") if pair)
    assert (environment["HOME"], environment["USER"]) == ("/", str(STRANGER)), str(environment)
    assert ask(recycler.addresses[0]) is not None


@story
def recyclerd_itself_runs_as_a_number_that_has_no_account(stage):
    machine.need_root()
    machine.need_program("setpriv")
    own = stage.path("own")
    own.mkdir()
    os.chown(own, STRANGER, STRANGER)
    recycler = Recycler(stage, 2, {"app": {"user": None}, "memory": {"enforcement": "preferred"}},
                        prefix=["setpriv", "--reuid", str(STRANGER), "--regid", str(STRANGER), "--clear-groups", "--"])
    recycler.environment["RECYCLER_RUNTIME_DIR"] = str(own / "run")
    recycler.report_file = own / "events.jsonl"
    recycler.policy["report"]["file"] = str(recycler.report_file)
    recycler.policy_file.write_text(to_toml(recycler.policy))
    recycler.start()
    assert ask(recycler.addresses[0]) is not None
    recycler.ctl("recycle", "all")
    recycler.ctl("stop")
    assert recycler.process.wait(10) == 0, recycler.process.output()
    verdicts = {record["verdict"] for record in recycler.ends()}
    assert verdicts == {"recycled", "stopped"}, str(verdicts)
