# SPDX-License-Identifier: MIT
"""Unix sockets: whose they are at every moment, and what is never taken from anybody."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

from harness import machine
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stage import Stage
from harness.stories import Collection
from stories.operating.refusals import MACHINE_REFUSED, refused_start
from stories.surroundings.faults import refusal_of

STORIES = Collection()
story = STORIES.story


def folder_of(stage: Stage) -> Path:
    folder = stage.path("s")
    folder.mkdir(mode=0o755)
    return folder


def on_sockets(stage: Stage, folder: Path, changes: dict | None = None, name: str = "sockets") -> Recycler:
    """Two slots: 0.sock and 1.sock. The sockets of two apps in one folder have the same names."""
    own = {"name": f"{name}-{os.getpid()}", "listen": f"unix:{folder}/%s.sock", "workers": 2, **(changes or {})}
    return Recycler(stage, 2, {"app": own, "capacity": {"handover": "overlap"}})


class Watch(threading.Thread):
    """Looks at a path without a pause; what it was, each once."""

    def __init__(self, path: Path):
        super().__init__(daemon=True)
        self.path = path
        self.seen: set[tuple] = set()
        self.sockets: set[int] = set()
        self.looks = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.looks += 1
            try:
                found = self.path.lstat()
            except FileNotFoundError:
                self.seen.add(("missing",))
                continue
            self.seen.add((stat.filemode(found.st_mode), found.st_uid, found.st_gid))
            self.sockets.add(found.st_ino)

    def end(self) -> None:
        self.over.set()
        self.join()


def tell_ownership(stage, changes: dict, mode: str, user: str, group: str):
    machine.need_root()
    folder = folder_of(stage)
    recycler = on_sockets(stage, folder, changes).start()
    watch = Watch(folder / "0.sock")
    watch.start()
    for _ in range(10):
        recycler.ctl("recycle", "0.sock")
    watch.end()
    whose = (mode, pwd.getpwnam(user).pw_uid, pwd.getpwnam(group).pw_gid)
    figures = f"{watch.looks} looks, {len(watch.sockets)} sockets: {watch.seen}"
    assert watch.seen == {whose}, f"{figures} instead of {whose}"
    assert len(watch.sockets) > 1, figures
    return figures


STORIES.add("a unix socket has the mode and owner that were asked for at every moment of its handovers", tell_ownership,
            changes={"socket_mode": "0620", "socket_user": "daemon", "socket_group": "games"}, mode="srw--w----", user="daemon",
            group="games")
STORIES.add("a unix socket belongs to whom the workers run as unless something else is said", tell_ownership,
            changes={"user": "daemon"}, mode="srw-rw----", user="daemon", group="daemon")


@story
def what_a_killed_daemon_left_of_its_unix_sockets_is_replaced_and_removed(stage):
    folder = folder_of(stage)
    recycler = on_sockets(stage, folder).start()
    recycler.ctl("recycle", "all")
    recycler.ctl("drain", "0.sock")
    workers = recycler.worker_pids()
    os.kill(recycler.process.pid, signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 20, "the workers have ended with it")
    left = sorted(entry.name for entry in folder.iterdir())
    assert "1.sock" in left and any(name.startswith("0.sock.") for name in left), left
    recycler.start()
    names = sorted(entry.name for entry in folder.iterdir())
    assert names == ["0.sock", "0.sock.1", "1.sock", "1.sock.1"], f"{names}, and {left} had been left"
    assert recycler.stop() == 0 and not list(folder.iterdir()), f"left by the stop: {list(folder.iterdir())}"
    return f"left by the kill: {' '.join(left)}"


@story
def a_second_daemon_on_the_same_unix_sockets_is_refused_also_while_their_gates_are_closed(stage):
    folder = folder_of(stage)
    first = on_sockets(stage, folder).start()
    said = [refused_start(on_sockets(stage, folder, name="second"), MACHINE_REFUSED, "0.sock", "held by")]
    first.ctl("recycle", "0.sock")
    first.ctl("drain", "0.sock")
    assert not (folder / "0.sock").exists(), "the gate is closed"
    said.append(refused_start(on_sockets(stage, folder, name="third"), MACHINE_REFUSED, "0.sock", "held by"))
    first.ctl("open", "0.sock")
    wait_until(first.all_serving, 20, f"both serve again: {first.status()}")
    return "\n".join(said)


@story
def a_folder_of_sockets_that_is_missing_is_named_with_the_command_that_makes_it(stage):
    machine.need_root()
    folder = stage.path("s")
    recycler = on_sockets(stage, folder)
    make = f"make it: mkdir -p {folder}"
    said = [refused_start(recycler, MACHINE_REFUSED, f"open the folder {folder}", make)]
    folder.mkdir(mode=0o755)
    recycler.start()
    shutil.rmtree(folder)
    shown = wait_until(lambda: (slot := recycler.slot("0.sock")).get("trouble") and slot, 20, "status names the trouble")
    assert shown["gate"] == "closed" and f"open the folder {folder}" in shown["trouble"] and make in shown["trouble"], str(shown)
    said.append(refusal_of(recycler, "recycle", "all"))
    assert "slot 0.sock: " in said[1] and make in said[1], said[1]
    assert "0 of 2 slots serving, 2 unreachable" in recycler.ctl("status"), recycler.ctl("status")
    folder.mkdir(mode=0o755)

    def is_reached() -> bool:
        with socket.socket(socket.AF_UNIX) as caller:
            return caller.connect_ex(str(folder / "0.sock")) == 0
    wait_until(is_reached, 20, "the daemon has made the socket again")
    wait_until(recycler.all_serving, 20, f"both serve again: {recycler.status()}")
    wait_until(lambda: not any(slot.get("trouble") for slot in recycler.status()["slots"]), 20, "no trouble is left")
    return "\n".join(said)


@story
def a_unix_socket_of_another_program_or_a_file_is_left_alone(stage):
    folder = folder_of(stage)
    path = folder / "1.sock"
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(path))
        theirs.listen(1)
        said = [refused_start(on_sockets(stage, folder), MACHINE_REFUSED, "1.sock", f"(pid {os.getpid()})")]
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
    path.unlink()
    path.write_text("precious")
    said.append(refused_start(on_sockets(stage, folder), MACHINE_REFUSED, "1.sock", "which is not a socket"))
    assert path.read_text() == "precious"
    path.unlink()

    recycler = on_sockets(stage, folder).start()
    recycler.ctl("drain", "1.sock")
    path.write_text("precious")
    recycler.ctl("open", "1.sock")
    wait_until(lambda: "which is not a socket" in recycler.process.output(), 10, "it is told that the gate cannot be opened")
    assert path.read_text() == "precious"
    return "\n".join(said)


@story
def a_path_too_long_for_a_unix_socket_is_refused_by_check(stage):
    for length, fits in [(96, True), (97, False), (108, False)]:
        path = "/run/" + "a" * (length - 5)
        recycler = Recycler(stage, 1, {"app": {"listen": f"unix:{path}"}})
        recycler.write_policy()
        done = subprocess.run([machine.PROGRAMS / "recyclerctl", "check", recycler.policy_file], capture_output=True, text=True,
                              timeout=30)
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == fits, f"{length} bytes: exit {done.returncode}: {said}"
        assert fits or f"at most 96 bytes long, this one has {length}" in said, said
    return said.strip()
