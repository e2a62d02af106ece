# SPDX-License-Identifier: MIT
"""When each slot was being handed over, by the events of its report file, and whether an instant lies inside.

A handover begins with `replacing` (overlap), `parking` (queue) or `gate-closed` (close). It has ended when the next worker has the
connections and the one before is gone: with the last event of ENDS before the slot's next handover; or, if none came, when the next
controller arrives, which calls it off or goes on with it. What a controller had no time left to tell makes a span shorter.
"""

from dataclasses import dataclass
from datetime import datetime

BEGINS = {"replacing", "parking", "gate-closed"}
ENDS = {"ready", "handed-over", "replacement-failed", "ended", "gate-opened"}
STEP = 0.001  # seconds; a time in the file is cut to it


@dataclass
class Span:
    begin: float  # Unix time
    end: float | None = None

    def holds(self, first: float, last: float) -> bool:
        return self.end is not None and self.begin + STEP <= first and last <= self.end


def unix_time(event: dict) -> float:
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def spans(events: list[dict]) -> list[Span]:
    """In the order in which they began; `events` as they stand in the file."""
    found: list[Span] = []
    latest: dict[str, Span] = {}
    for event in events:
        slot, what = event.get("slot"), event["event"]
        if what in BEGINS:
            latest[slot] = Span(unix_time(event))
            found.append(latest[slot])
        elif what == "controller-replaced":
            for span in latest.values():
                span.end = span.end or unix_time(event)
        elif what in ENDS and slot in latest:
            span = latest[slot]
            span.end = max(unix_time(event), span.end or span.begin)
    return found


def inside(events: list[dict], instants: list[tuple[float, float]]) -> int:
    """How many of `instants`, each known to lie between two times, lie within a handover of any slot."""
    known = spans(events)
    return sum(any(span.holds(first, last) for span in known) for first, last in instants)
