# SPDX-License-Identifier: MIT
"""A controller that somebody has taken over (tests/kernel/captured), what there is to be got at around it, and what a process has
left of its rights, as /proc tells it."""

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

CAPTURED = machine.PROGRAMS / "captured_controller"
NOBODY = 65534
CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, NET_RAW, SYS_PTRACE, SYS_ADMIN, SYSLOG = (
    1 << number for number in (0, 1, 2, 3, 5, 13, 19, 21, 34))
ALWAYS = KILL | SYS_PTRACE | DAC_READ_SEARCH | SYSLOG | NET_RAW  # kept for every policy
DEVICES = {"/dev/kmsg", "/dev/null", "/dev/random", "/dev/urandom"}
SHOWN_AT_LEAST = 0.75  # of the attempts succeed without confinement, or fail for another reason


def status_of(pid: int) -> dict[str, str]:
    """The fields of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in lines)}


def capabilities(pid: int, kind: str) -> int:
    return int(status_of(pid)[f"Cap{kind}"], 16)


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

    def __init__(self, runtime: Path, app: str):
        self.folder = Path(tempfile.mkdtemp(prefix="recycler-captured.", dir="/var/tmp"))
        self.own, self.other_app = runtime / app, runtime / "other"
        self.other_app.mkdir(parents=True)
        self.report = self.own / "report"
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
            "RECYCLER_WATCHDOG": "0",  # a captured controller answers nobody while it tries
            "CAPTURED_FOLDER": str(self.folder), "CAPTURED_OTHER_APP": str(self.other_app), "CAPTURED_OTHER_CGROUP": other_cgroup(),
            "CAPTURED_OWN": str(self.own), "CAPTURED_ACCOMPLICE": self.accomplice.name_of_socket,
            "CAPTURED_REPORT": str(self.report), "CAPTURED_VICTIM": str(self.victim.pid), "CAPTURED_VICTIMS_ROOT": str(root), "CAPTURED_VICTIMS_FILE": str(file)}
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
        shutil.rmtree(self.other_app)


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
    environment = os.environ | scene.environment | {"CAPTURED_REPORT": str(report)}
    subprocess.run([CAPTURED, "--unconfined"], env=environment, check=True, timeout=60)
    return outcomes(report)


def check_refused(captured: dict[str, Outcome], free: dict[str, Outcome]) -> str:
    # A signal that ends whoever tries is the machine's own.
    failed = [str(outcome) for outcome in captured.values()
              if outcome.came_to != outcome.refused and not outcome.came_to == free[outcome.name].came_to < 0]
    assert not failed, f"{len(failed)} of {len(captured)} attempts were not refused as they should be: {'; '.join(failed)}"
    unshown = [outcome.name for outcome in free.values() if outcome.came_to == outcome.refused or outcome.came_to < 0]
    assert len(unshown) <= (1 - SHOWN_AT_LEAST) * len(free), f"this cannot fail: refused to anybody here: {unshown}"
    said = f"; refused to any root here: {', '.join(unshown)}" if unshown else ""
    return f"{len(captured)} attempts refused{said}"


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
