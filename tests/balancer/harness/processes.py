# SPDX-License-Identifier: MIT
"""Processes that a test starts: each in a session of its own, each ended by its pidfd, whatever happens to the test."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
# accept() and accept4(), and the epoll_wait() and epoll_pwait() in which the recorder waits for the listener and for connections at
# rest, on x86-64 and on arm64.
ACCEPT = {"43", "288", "202", "242", "232", "281", "22"}
SEQPACKET = "0005"
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    # Not SIGKILL: a daemon whose test was killed shall still take its workers and cgroups away.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A started program with its output in a file. Use as a context manager, or hand it to a Stage."""

    def __init__(self, argv, log: Path, stop_signal=signal.SIGTERM, **options):
        self.argv = [str(word) for word in argv]
        self.log = log
        self.stop_signal = stop_signal
        with open(log, "ab") as output:
            self._popen = subprocess.Popen(
                self.argv, stdout=options.pop("stdout", output), stderr=options.pop("stderr", output), start_new_session=True,
                stdin=options.pop("stdin", subprocess.DEVNULL), preexec_fn=_die_with_parent, **options)
        self.pid = self._popen.pid
        self._pidfd = os.pidfd_open(self.pid)

    def running(self) -> bool:
        return self._popen.poll() is None

    def wait(self, seconds: float):
        """The exit status (negative: a signal), or None if it still runs after that long."""
        ended, _, _ = select.select([self._pidfd], [], [], seconds)
        return self._popen.wait() if ended else None

    def signal(self, number: int) -> None:
        if self.running():
            signal.pidfd_send_signal(self._pidfd, number)

    def stop(self, seconds: float = 20):
        """Asks it to end, and ends its whole session if it does not. Returns the exit status, None if it had to be killed."""
        self.signal(self.stop_signal)
        status = self.wait(seconds)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
        return status

    def read_available(self) -> bytes:
        """What it has written to its stdout=PIPE so far and was not read before; waits for nothing."""
        pipe, received = self._popen.stdout.fileno(), b""
        while select.select([pipe], [], [], 0)[0]:
            piece = os.read(pipe, 65536)
            if not piece:
                break
            received += piece
        return received

    def close_input(self) -> None:
        """The end of its stdin=PIPE."""
        self._popen.stdin.close()

    def output(self) -> str:
        """What it has written to its log."""
        return self.log.read_text(errors="replace")


def children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def name_of(pid: int) -> str:
    """The kernel's short name of the process, empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def state_of(pid: int) -> str | None:
    """The kernel's letter for what it does; None: it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid: int) -> bool:
    return state_of(pid) not in (None, "Z", "X")


def stop_at_rest(pid: int, seconds: float = 20) -> None:
    """SIGSTOP, once it has no connection. One that is not stopped yet may take another."""
    wait_until(lambda: at_rest(pid), seconds, f"process {pid} has closed its connection")
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", seconds, f"process {pid} is stopped")


def at_rest(pid: int) -> bool:
    """Whether the process has no socket open but its listener and the channel of its slot, or is gone."""
    try:
        sockets = {name for entry in os.scandir(f"/proc/{pid}/fd") if (name := os.readlink(entry)).startswith("socket:")}
        listener = os.readlink(f"/proc/{pid}/fd/0")
        rows = [row.split() for row in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    except OSError:
        return not alive(pid)
    return sockets <= {listener, *(f"socket:[{row[6]}]" for row in rows if row[4] == SEQPACKET)}


def waits_in_accept(pid: int, threads: int = 1) -> bool:
    """Each of its threads, of which there are so many."""
    try:
        calls = [task.joinpath("syscall").read_text().split()[0] for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return len(calls) == threads and set(calls) <= ACCEPT


def cpu_seconds(pid: int) -> float:
    """User and system time it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def anonymous_memory(pid: int) -> int:
    """Bytes of its own that the kernel cannot take back; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:")), 0)


def private_dirty(pid: int) -> int:
    """Bytes that only this process has, and has written to."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no Private_Dirty for pid {pid}")


def wait_gone(pid: int, seconds: float) -> bool:
    """Whether the process ended within that time; true for one that is gone already."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([pidfd], [], [], seconds)[0])
    finally:
        os.close(pidfd)


def wait_until(condition, seconds: float, what: str, every: float = 0.02):
    """Asks `condition` until it gives something true, and returns that. Fails with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(every)
