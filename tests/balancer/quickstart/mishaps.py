# SPDX-License-Identifier: MIT
"""What goes wrong during the run, one after another, and what the one record of each must say. Every deed is done to a stand
(recycled.py, plain.py): the same things befall Recycler and the plain spawner."""

from dataclasses import dataclass
from typing import Callable

from harness.clients.web_request import WebRequest
from quickstart.stand import CannotBeDone, Stand

# Longer than recycle.hung and what follows it; the plain spawner never ends it.
HANG_DEADLINE = 15


@dataclass
class Expected:
    """Which record must come: the one of that worker, or of the worker that had that request. None may come without `verdict`."""
    verdict: str | None
    pid: int | None = None
    nonce: str | None = None


@dataclass(frozen=True)
class Mishap:
    at: float  # share of the run
    deed: Callable[[Stand], tuple[str, Expected]]  # what is said of it in one line, and what must come of it


def _ask(stand: Stand, uri: str, what: str, verdict: str, seconds: float = 10) -> tuple[str, Expected]:
    request = WebRequest(stand.web.port, uri, seconds)
    stand.special_requests.append(request)
    request.start()
    return f"GET {uri}: {what}", Expected(verdict, nonce=request.nonce)


def crash(stand):
    return _ask(stand, "/report?nonce=special.1&crash=segv", "SIGSEGV, on which Ruby aborts", "crashed")


def outgrow(stand):
    if not stand.enforces_limits():
        raise CannotBeDone("a request that outgrows the limit: nothing enforces one here")
    return _ask(stand, "/export?nonce=special.2&leak=131072", "takes 128 MiB at once", "oom-worker")


def kill(stand):
    name, pid = stand.kill_a_worker()
    # Without the kernel's counters it might have been the kernel, for memory.
    return f"kill -9 {pid}: worker {name}", Expected("killed" if stand.enforces_limits() else "unknown", pid=pid)


def hang(stand):
    return _ask(stand, "/hang?nonce=special.3&sleep=360000", "hangs for 360 seconds", "hung", HANG_DEADLINE)


def take_out(stand):
    return stand.take_a_worker_out(), Expected(None)


def put_back(stand):
    return stand.put_it_back(), Expected(None)


def kill_supervisor(stand):
    return stand.kill_the_supervisor(), Expected(None)


# The hung one is ended 5 s after it began: before the drain, however short the run.
ALL = [Mishap(0.12, crash), Mishap(0.22, outgrow), Mishap(0.32, kill), Mishap(0.42, hang), Mishap(0.70, take_out),
       Mishap(0.80, put_back), Mishap(0.88, kill_supervisor)]
SHORTEST_RUN = 25  # seconds
