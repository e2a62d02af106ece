# SPDX-License-Identifier: MIT
"""A controller that somebody has taken over: it makes each attempt of tests/kernel/captured to get out, and is refused. The same
attempts by a process that has given up nothing succeed, wherever this machine has what they are after."""

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.policy import merged, to_toml
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

CAPTURED = machine.PROGRAMS / "captured_controller"
NOBODY = 65534
CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, NET_BIND_SERVICE, NET_RAW, SYS_PTRACE, SYS_ADMIN, SYSLOG = (
    1 << number for number in (0, 1, 2, 3, 5, 10, 13, 19, 21, 34))
ALWAYS = KILL | SYS_PTRACE | DAC_READ_SEARCH | SYSLOG | NET_RAW
DEVICES = {"/dev/kmsg", "/dev/null", "/dev/random", "/dev/urandom"}
SHOWN_AT_LEAST = 0.75  # of the attempts succeed without confinement, or fail for another reason


def status_of(pid: int) -> dict[str, str]:
    """The fields of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in lines)}


def capabilities(pid: int, kind: str) -> int:
    return int(status_of(pid)[f"Cap{kind}"], 16)


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


class Accomplice(threading.Thread):
    """A worker that was taken over, too: sends a descriptor of "/" over an abstract socket to whoever connects."""

    def __init__(self):
        super().__init__(daemon=True)
        self.name_of_socket = f"recycler-captured-{os.getpid()}-{id(self)}"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"\0{self.name_of_socket}")
        self.listener.listen()
        self.start()

    def run(self) -> None:
        root = os.open("/", os.O_RDONLY)
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                break
            with client, contextlib.suppress(OSError):  # it may have been refused, and be gone
                socket.send_fds(client, [b"x"], [root])
        os.close(root)

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def other_cgroup() -> str:
    """A folder of cgroups that no daemon of ours has a use for."""
    if machine.memory_controller() == "v1":
        return next((str(folder) for name in ("freezer", "devices", "blkio") if (folder := Path("/sys/fs/cgroup") / name).exists()), "")
    return "/sys/fs/cgroup"


class Scene:
    """What there is to be got at (tests/kernel/captured/attempts.hpp)."""

    def __init__(self, recycler: Recycler):
        self.folder = Path(tempfile.mkdtemp(prefix="recycler-captured.", dir="/var/tmp"))
        self.other_app = Path(recycler.environment["RECYCLER_RUNTIME_DIR"]) / "other"
        self.other_app.mkdir(parents=True)
        self.own = self.other_app.with_name(recycler.app)
        theirs = self.folder / "theirs"
        theirs.write_text("secret")
        theirs.chmod(0o600)
        os.chown(theirs, NOBODY, NOBODY)
        self.daemon = socket.socket(socket.AF_UNIX)
        self.daemon.bind(str(self.folder / "socket"))
        self.daemon.listen()
        self.accomplice = Accomplice()
        root, file = os.open("/", os.O_RDONLY), os.open(self.folder / "written", os.O_RDWR | os.O_CREAT)
        self.victim = subprocess.Popen(["sleep", "infinity"], pass_fds=(root, file), cwd="/")
        self.environment = {
            "CAPTURED_FOLDER": str(self.folder), "CAPTURED_OTHER_APP": str(self.other_app), "CAPTURED_OTHER_CGROUP": other_cgroup(),
            "CAPTURED_OWN": str(self.own), "CAPTURED_ACCOMPLICE": self.accomplice.name_of_socket,
            "CAPTURED_VICTIM": str(self.victim.pid), "CAPTURED_VICTIMS_ROOT": str(root), "CAPTURED_VICTIMS_FILE": str(file)}
        self.descriptors = (root, file)

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_) -> None:
        self.victim.kill()
        self.victim.wait()
        self.accomplice.stop()
        self.daemon.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        shutil.rmtree(self.folder)


@dataclass(frozen=True)
class Outcome:
    """How one attempt fared: an errno, or minus a signal."""
    name: str
    refused: int
    came_to: int

    def __str__(self) -> str:
        return f"{self.name}: {words(self.came_to)} instead of {words(self.refused)}"


def words(number: int) -> str:
    return signal.Signals(-number).name if number < 0 else errno.errorcode.get(number, "done" if number == 0 else str(number))


def outcomes(report: Path) -> dict[str, Outcome]:
    lines = [line.split("\t") for line in report.read_text().splitlines()]
    return {name: Outcome(name, int(refused), int(came_to)) for name, refused, came_to in lines}


def unconfined(scene: Scene, report: Path) -> dict[str, Outcome]:
    environment = dict(os.environ, **scene.environment, CAPTURED_REPORT=str(report))
    subprocess.run([CAPTURED, "--unconfined"], env=environment, check=True, timeout=60)
    return outcomes(report)


def start_captured(recycler: Recycler, scene: Scene) -> dict[str, Outcome]:
    report = scene.own / "report"
    recycler.environment |= {"RECYCLER_CONTROLLER": str(CAPTURED), "CAPTURED_REPORT": str(report), **scene.environment}
    recycler.launch()
    wait_until(lambda: report.exists() or not recycler.process.running(), 60, "all attempts are made")
    assert recycler.process.running(), recycler.process.output()[-2000:]
    return outcomes(report)


def check_refused(captured: dict[str, Outcome], free: dict[str, Outcome]) -> str:
    failed = [str(outcome) for outcome in captured.values() if outcome.came_to != outcome.refused]
    assert not failed, f"{len(failed)} of {len(captured)} attempts were not refused as they should be: {'; '.join(failed)}"
    unshown = [outcome.name for outcome in free.values() if outcome.came_to == outcome.refused]
    assert len(unshown) <= (1 - SHOWN_AT_LEAST) * len(free), f"this cannot fail: refused to anybody here: {unshown}"
    said = f"; refused to any root here: {', '.join(unshown)}" if unshown else ""
    return f"{len(captured)} attempts refused{said}"


@story
def a_controller_that_was_taken_over_is_refused_what_it_tries_and_its_app_serves_on(stage):
    need_mounts()
    recycler = recycler_with_reports_apart(stage, 2)
    with Scene(recycler) as scene:
        captured = start_captured(recycler, scene)
        free = unconfined(scene, stage.path("free"))
    wait_until(recycler.all_serving, 60, "every slot serves")
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
    with Scene(recycler) as scene:
        start_captured(recycler, scene)
    wait_until(recycler.all_serving, 60, "every slot serves under the next controller")
    controller = recycler.controller()
    writable = {place for place, options in mounts_of(controller).items() if "rw" in options}
    assert "/etc" not in writable and str(scene.own) in writable, f"{writable}"
    assert not capabilities(controller, "Prm") & (CHOWN | FOWNER), hex(capabilities(controller, "Prm"))
    listed = recycler.events()
    assert any(line["event"] == "controller-replaced" for line in listed), f"{listed}"


def mounts_of(pid: int) -> dict[str, set[str]]:
    """Mount point: options; of several mounts on one point that which is seen."""
    lines = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    return {line[4]: set(line[5].split(",")) for line in lines}


def check_worker(pid: int) -> None:
    status = status_of(pid)
    assert all(capabilities(pid, kind) == 0 for kind in ("Inh", "Prm", "Eff", "Amb")), f"{status}"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{status}"


def check_controller(pid: int, expected: int, writable: set[str]) -> None:
    for kind in ("Prm", "Eff", "Bnd"):
        found = capabilities(pid, kind)
        assert found == expected, f"Cap{kind} {found:#x} instead of {expected:#x}"
    assert capabilities(pid, "Inh") == capabilities(pid, "Amb") == 0
    status = status_of(pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{status}"
    mounts = mounts_of(pid)
    found = {place for place, options in mounts.items() if "rw" in options} - DEVICES
    assert found == writable, f"writable: {found}, instead of {writable}"
    assert "nosymfollow" in mounts["/proc"] and "nosymfollow" not in mounts[f"/proc/{pid}"], f"{mounts}"
    with_devices = {place for place, options in mounts.items() if "nodev" not in options}
    assert with_devices <= DEVICES and all("nosuid" in options for options in mounts.values()), f"{with_devices}"


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
