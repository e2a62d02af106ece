# SPDX-License-Identifier: MIT
"""What a row of the matrix says."""

from dataclasses import dataclass, field
from typing import Callable


@dataclass(frozen=True)
class Way:
    """One way to die. `proof`: what the record must hold; "NAME: TEXT" is a row of the evidence (or trigger, kind, stderr,
    sentence, next step) whose value has TEXT in it, "no NAME" one that must not be there. {killer}, {pid}, {home} and what the deed
    has noted are filled in."""
    words: str
    app: str  # of APPS
    when: str  # idle, request, start, drain, stop or away: what the worker, or the controller, was doing
    deed: Callable
    verdict: str
    proof: list[str] = field(default_factory=list)
    not_on: dict[str, str] = field(default_factory=dict)  # why it is not run on cgroup "v1", or "v2"


@dataclass(frozen=True)
class App:
    """One daemon in which ways are run, as many at once as it has lanes; each lane is so many slots wide. A slot more, in which
    nobody dies, is asked all the time."""
    command: list[str]
    policy: dict = field(default_factory=dict)
    lanes: int = 1
    width: int = 1
    neighbour: bool = True  # not where a death is meant to hit others, or nothing starts
    serves: bool = True  # it comes up; else its first start is the way
    passing: tuple[str, ...] = ()  # verdicts of workers that no way is about: successors, say
    needs: tuple[str, ...] = ()  # programs

    @property
    def slots(self) -> int:
        return self.lanes * self.width + self.neighbour
