# SPDX-License-Identifier: MIT
"""capacity.max_unavailable, checked on what the daemon has told: the events of one controller, in the order it wrote them.

A slot is available when its gate is open and a ready worker stands behind it that is not on its way out. What takes an available
slot away:

  parking, stopping            our decision, whatever the trigger
  gate-closed with a trigger   our decision; without one an operator's drain, the end of the app, or a crash of a slow starter
  starting                     of a slot whose worker was thought to serve: it has died; nobody's decision

What brings it back: ready, handed-over (its successor has been ready before the old one lost a connection) and gate-opened.
An overlap takes nothing away, so "replacing" says nothing here.
"""

from dataclasses import dataclass, field


@dataclass
class SlotSeen:
    gate_open: bool = True
    ready: bool = False
    ours: bool = False  # it is away by our decision

    def available(self) -> bool:
        return self.gate_open and self.ready


@dataclass
class Budget:
    allowed: int
    slots: dict[str, SlotSeen] = field(default_factory=dict)
    most_ours: int = 0  # slots that were away by our decision at the same time, at the worst
    decisions: int = 0  # how often we took an available slot away
    breaches: list[str] = field(default_factory=list)

    def see(self, event: dict) -> None:
        name, what = event.get("slot"), event["event"]
        if what == "slot-removed":
            self.slots.pop(name, None)
            return
        if name is None:
            return
        slot = self.slots.setdefault(name, SlotSeen())
        was_available = slot.available()
        if what in ("ready", "handed-over"):
            slot.ready = True
        elif what in ("parking", "stopping", "starting"):
            slot.ready = False
        elif what in ("gate-closed", "gate-opened"):
            slot.gate_open = what == "gate-opened"
        decided = what in ("parking", "stopping") or (what == "gate-closed" and "trigger" in event)
        if slot.available():
            slot.ours = False
        elif was_available and decided:
            slot.ours = True
            self._judge(event)

    def _judge(self, event: dict) -> None:
        """We have just taken a slot away: whoever else was away had used the budget up already, for whatever reason."""
        self.decisions += 1
        away = sorted(name for name, slot in self.slots.items() if not slot.available())
        self.most_ours = max(self.most_ours, sum(slot.ours for slot in self.slots.values()))
        if len(away) > self.allowed:
            self.breaches.append(f"{event['at']} {event['event']} of {event['slot']}: {', '.join(away)} are away, "
                                 f"{self.allowed} allowed")


def judged(events: list[dict], allowed: int) -> Budget:
    budget = Budget(allowed)
    for event in events:
        budget.see(event)
    return budget
