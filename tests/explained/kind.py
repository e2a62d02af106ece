# SPDX-License-Identifier: MIT
"""One kind of failure: how it is caused, and what stood behind the lines that a balancer writes about it."""

from dataclasses import dataclass
from typing import Callable

import fronts
from judge import Truth
from stand import Stand


@dataclass(frozen=True)
class Kind:
    name: str
    cause: Callable[[Stand], list[Truth]]
    balancers: tuple[str, ...]  # where it can happen
    silent: frozenset[str]  # balancers that write nothing about it: nobody may be blamed
    in_short: bool  # --short has it, too


class Kinds(list):
    def kind(self, balancers: str = " ".join(fronts.NAMES), silent: str = "", in_short: bool = False):
        """Decorator: `a_worker_crashes` becomes "a worker crashes"."""
        def add(cause):
            self.append(Kind(cause.__name__.replace("_", " "), cause, tuple(balancers.split()), frozenset(silent.split()), in_short))
            return cause
        return add
