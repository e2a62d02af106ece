# SPDX-License-Identifier: MIT
"""Which process of an application is ended in the middle of a request, and that nothing of one is left."""

import contextlib
import os
import signal
from pathlib import Path

from harness.daemon.control import Control
from harness.daemon.recycler import Recycler
from harness.processes import children_of, wait_gone, wait_until

MARK = "RECYCLER_APPS"  # in the environment of every process of an application, whoever started it


def end_busy_worker(recycler: Recycler, number: int) -> tuple[str, int]:
    """Sends the signal to a worker that has a request in flight at that very moment; its slot and generation."""
    control = Control(recycler)
    try:
        return wait_until(lambda: _end_one(control, number), 60, "a worker is busy", every=0.005)
    finally:
        control.close()


def _end_one(control: Control, number: int) -> tuple[str, int] | None:
    for slot in control.call("Status")["slots"]:
        worker = slot["worker"]
        if worker and worker["state"] == "serving" and worker["requests"]["in_flight"]:
            with contextlib.suppress(ProcessLookupError):
                if _end_if_busy(control, slot["slot"], worker, number):
                    return slot["slot"], worker["generation"]
    return None


def _end_if_busy(control: Control, slot: str, worker: dict, number: int) -> bool:
    """Stopped meanwhile, so that it cannot answer between the look and the signal."""
    handle = os.pidfd_open(worker["pid"])
    try:
        signal.pidfd_send_signal(handle, signal.SIGSTOP)
        now = control.slot(slot)["worker"]
        busy = now and now["generation"] == worker["generation"] and now["state"] == "serving" and now["requests"]["in_flight"]
        if busy:
            signal.pidfd_send_signal(handle, number)
        signal.pidfd_send_signal(handle, signal.SIGCONT)
        return bool(busy)
    finally:
        os.close(handle)


def end_some_child(parent: int, number: int) -> int:
    """Sends the signal to a child of that process, and waits for its end; its pid."""
    child = wait_until(lambda: children_of(parent), 60, f"process {parent} has children")[0]
    os.kill(child, number)
    wait_gone(child, 30)
    return child


def marked(mark: str) -> list[int]:
    """Every process with that mark in its environment."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            if f"{MARK}={mark}\0".encode() in Path(f"/proc/{entry}/environ").read_bytes() + b"\0":
                found.append(int(entry))
    return found


def end_all(mark: str) -> int:
    """SIGKILL for what is left; how many there were."""
    left = marked(mark)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid, 10)
    return len(left)
