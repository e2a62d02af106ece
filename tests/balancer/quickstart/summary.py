# SPDX-License-Identifier: MIT
"""The sum of a run under Recycler, for a tired person: what was lost, what died and why, what it cost. Pure: facts in, text out."""

import textwrap
from dataclasses import dataclass

from quickstart import shop
from quickstart.losses import Loss
from quickstart.runner import Facts
from quickstart.stand import Highest

WIDTH = 80
NAME = 12  # of the column with what a line is about


@dataclass
class Account:
    """What Recycler says of the run, beside the clients' facts."""
    facts: Facts
    losses: list[Loss]
    deaths: list[dict]  # the records of those that should not have ended
    recycles: dict
    counted: int
    highest: Highest
    recycled_at: int  # the most that a worker held which was recycled
    enforced: bool
    own_memory: int
    own_cpu: float
    faults: list[str]  # sentences: wrong verdicts, deaths that nobody caused

    def by_recycler(self) -> list[Loss]:
        return [loss for loss in self.losses if loss.record is None]

    def stopped_by_limit(self) -> list[int]:
        """How much each worker held that the kernel ended at its limit."""
        return [record["memory"]["peak"] for record in self.deaths if record["verdict"] == "oom-worker"]

    def unknown(self) -> int:
        """Without cgroups nobody counts what the kernel kills."""
        return sum(record["verdict"] == "unknown" for record in self.deaths)

    def right(self) -> bool:
        return not self.by_recycler() and not self.faults


def mib(size: int) -> str:
    return f"{size / shop.MIB:.0f} MiB" if size >= 10 * shop.MIB else f"{size / shop.MIB:.1f} MiB"


def _line(name: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"{name:{NAME}}", subsequent_indent=" " * NAME,
                         break_on_hyphens=False, break_long_words=True)


def _requests(account: Account) -> list[str]:
    facts = account.facts
    with_deaths = len(account.losses) - len(account.by_recycler())
    counted = "as many" if account.counted == facts.right else f"{account.counted:,}"
    return [_line("Requests", f"{facts.sent:,} asked, {facts.right:,} answered right; Recycler counted {counted}"),
            _line("Lost", f"{len(account.by_recycler())} by what Recycler decided"),
            _line("", f"{with_deaths} in flight in a worker that died (named below)")]


def _death(account: Account, record: dict) -> list[str]:
    lost = [loss.lost for loss in account.losses if loss.record is record]
    name = f"{record['slot']}.{record['generation']}"
    what = f"{record['verdict']}, " + (f"lost {lost[0]['uri']}" if lost else "nothing lost")
    lines = [f"  {name:{NAME - 2}}{what}"[:WIDTH]]
    # The first sentence says what happened; the next ones what to do about it.
    said = record["sentence"].split(". ")[0].removeprefix(name).strip().rstrip(".") + "."
    return lines + [textwrap.fill(said, WIDTH, initial_indent=" " * NAME, subsequent_indent=" " * NAME,
                                  break_on_hyphens=False)]


def _memory(account: Account) -> str:
    kept = "" if account.enforced else " (not enforced here)"
    highest = max([account.highest.largest, account.recycled_at, *account.stopped_by_limit()])
    ended = len(account.stopped_by_limit())
    by_limit = f", which ended {ended} worker{'s' * (ended != 1)}" if ended else ""
    return (f"highest bloat {mib(highest)}, limit {mib(shop.LIMIT)}{kept}{by_limit}; recycled workers had {mib(account.recycled_at)} at "
            f"most; all {shop.WORKERS} together had {mib(account.highest.together)} at most")


def lines(account: Account) -> list[str]:
    recycles = ", ".join(f"{count} by {trigger}" for trigger, count in account.recycles.items()) or "none"
    return [*_requests(account),
            _line("Recycles", recycles),
            _line("Memory", _memory(account)),
            _line("Latency", f"the slowest answer took {account.facts.worst_ms:,.0f} ms"),
            _line("Recycler", f"{mib(account.own_memory)} and {account.own_cpu:.1f} s of processor time for itself in "
                              f"{account.facts.seconds:.0f} s"),
            _line("Deaths", _deaths(account)),
            *(line for record in account.deaths for line in _death(account, record)),
            "", *_end(account)]


def _deaths(account: Account) -> str:
    if account.faults:
        return f"{len(account.deaths)}; see the faults below"
    unknown = account.unknown()
    return f"{len(account.deaths)}, " + (f"{unknown} of unknown cause, because nothing counts here" if unknown else "each explained")


def _end(account: Account) -> list[str]:
    if account.right():
        explained = "is explained as far as it can be here" if account.unknown() else "is explained"
        return [f"Nothing was lost by what Recycler decided, and every death {explained}."]
    lost = [f"{loss.lost['uri']}: {loss.lost['fault']}" for loss in account.by_recycler()]
    said = [_line("LOST", uri) for uri in lost[:10]] + [_line("WRONG", fault) for fault in account.faults]
    return said + [f"FAILED: {len(lost)} answers lost by what Recycler decided, {len(account.faults)} faults in the records."]
