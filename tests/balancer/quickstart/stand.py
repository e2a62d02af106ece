# SPDX-License-Identifier: MIT
"""What the run needs of whoever looks after the workers: Recycler (recycled.py) or the plain spawner (plain.py)."""

from dataclasses import dataclass
from typing import Protocol

from harness.clients.web_request import WebRequest
from harness.servers.lighttpd import Lighttpd


class CannotBeDone(Exception):
    """This stand, or this machine, has no such thing; the reason is a sentence."""


@dataclass(frozen=True)
class Look:
    """The workers' bloat at one moment, in bytes: what the kernel cannot take back."""
    largest: int
    together: int


@dataclass
class Highest:
    largest: int = 0
    together: int = 0

    def note(self, look: Look) -> None:
        self.largest = max(self.largest, look.largest)
        self.together = max(self.together, look.together)


class Stand(Protocol):
    web: Lighttpd
    special_requests: list[WebRequest]

    def enforces_limits(self) -> bool: ...
    def look(self) -> Look | None:
        """None while nobody can say. Also the moment for what the stand does now and then."""
    def news(self) -> list[str]:
        """What has happened since the last call, a line each."""
    def screen(self) -> str:
        """A table to watch, or nothing."""
    def kill_a_worker(self) -> tuple[str, int]:
        """kill -9; its name and pid."""
    def take_a_worker_out(self) -> str: ...
    def put_it_back(self) -> str: ...
    def kill_the_supervisor(self) -> str: ...
