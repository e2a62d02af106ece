# SPDX-License-Identifier: MIT
"""What stood behind the lines of a log, as the test knows it, against what `recyclerctl explain` says."""

import re
from collections import Counter
from dataclasses import dataclass

BLAMES_NOBODY = "balancer"  # of a line that is about the balancer itself: it stands in no cause


@dataclass(frozen=True)
class Truth:
    """Lines that hold `lines`, or all that no other truth holds, were caused by one of `causes`, of which the first is the plain
    one; each of these causes points nowhere but to `where`."""
    causes: tuple[str, ...]
    where: frozenset[str] = frozenset()
    lines: str = ""


def truth(causes: str, where=(), lines: str = "") -> Truth:
    return Truth(tuple(causes.split()), frozenset([where] if isinstance(where, str) else where), lines)


def _expected(lines: list[str], truths: list[Truth]) -> tuple[Counter, list[str]]:
    """How many lines each truth has; the lines of which none tells."""
    counts, untold = Counter(), []
    for line in lines:
        found = next((each for each in sorted(truths, key=lambda each: not each.lines) if re.search(each.lines, line)), None)
        if found is None:
            untold.append(line)
        else:
            counts[found] += 1
    return counts, untold


def _amiss(counts: Counter, said: Counter) -> list[str]:
    """Causes that are said of more lines than may have them, or of fewer than can have no other one."""
    faults = []
    for cause in dict.fromkeys(cause for each in counts for cause in each.causes if cause != BLAMES_NOBODY):
        least = sum(count for each, count in counts.items() if each.causes == (cause,))
        most = sum(count for each, count in counts.items() if cause in each.causes)
        if not least <= said[cause] <= most:
            faults.append(f"{least}{f' to {most}' if most > least else ''} lines were {cause}, and {said[cause]} are called so")
    explained = sum(count for cause, count in said.items() if any(cause in each.causes for each in counts))
    needed = sum(count for each, count in counts.items() if BLAMES_NOBODY not in each.causes)
    if explained < needed and not faults:
        faults.append(f"{needed} lines had one of these causes, and {explained} are said to")
    return faults


def faults_of(lines: list[str], truths: list[Truth], log: dict) -> list[str]:
    """`lines`: those that tell of something; `log`: what `explain --json` answered."""
    counts, untold = _expected(lines, truths)
    faults = [f"the test does not know what stood behind: {line}" for line in untold]
    if log["unparsed"]:
        faults.append(f"could not be read: {log['unparsed'][:3]}")
    said = Counter({cause["cause"]: cause["lines"] for cause in log["causes"]})
    faults += _amiss(counts, said)
    possible = {cause for each in counts for cause in each.causes}
    faults += [f"{count} lines are called {cause}" for cause, count in said.items() if count and cause not in possible]
    return faults + _misplaced(lines, truths, log)


def _slot(where: str) -> str:
    """"7000" of "7000.3"."""
    return re.sub(r"(?<=\d)\.\d+$", "", where)


def _misplaced(lines: list[str], truths: list[Truth], log: dict) -> list[str]:
    """Where no line of a cause names a worker's address, it need not be said either."""
    faults = []
    for cause in log["causes"]:
        own = [each for each in truths if cause["cause"] in each.causes]
        allowed = set().union(*(each.where for each in own))
        if not any(re.search(rf"[:/]{re.escape(_slot(where))}\b", line) for where in allowed for line in lines):
            allowed.add("")
        if own and allowed - {""}:
            faults += [f"{cause['cause']} is said of {place['where'] or 'nobody'} ({place['what']}), not of {', '.join(sorted(allowed))}"
                       for place in cause["places"] if place["where"] not in allowed]
    return faults
