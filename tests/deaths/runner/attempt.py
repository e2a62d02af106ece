# SPDX-License-Identifier: MIT
"""One way that is being tried: its workers, its clients, what it may use, and what it notes for the judge."""

import contextlib
import signal
from dataclasses import dataclass

from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.daemon.control import Control, Denied, Gone
from harness.processes import at_rest, wait_until

LONG = "sleep=600000"


@dataclass
class Target:
    """A worker whose record is judged."""
    slot: str
    generation: int
    pid: int | None  # None: it is not known before its record
    answered: int = 0  # requests, by it
    in_flight: str | None = None  # what stands in the URI of the request that dies with it
    verdict: str | None = None  # another one than the row's


class Attempt:
    """The slots of its lane are called places: 0, 1 ..."""

    def __init__(self, runner, number: int, lane: int, verdict: str):
        self.runner, self.recycler, self.shared, self.verdict = runner, runner.recycler, runner.shared, verdict
        self.patience = runner.shared.patience
        self.nonce = f"way{number}"
        self.first = lane * runner.app.width
        self.control = Control(runner.recycler, seconds=self.patience)
        self.notes = {"killer": f"sh (pid {self.shared.killer.pid}", "home": str(runner.home)}
        self.targets: list[Target] = []
        self.claimed: dict[tuple[str, int], tuple[str, ...]] = {}  # what else may end, and how
        self.hanging: list[Asking] = []  # requests that no one answers

    def slot(self, place: int = 0) -> str:
        return self.recycler.slots[self.first + place]

    def address(self, place: int = 0):
        return self.recycler.addresses[self.first + place]

    @property
    def pid(self) -> int:
        return self.targets[0].pid

    def wait(self, condition, what: str):
        return wait_until(condition, self.patience, what, every=self.shared.pause)

    def look(self, place: int = 0) -> dict:
        """The slot as status shows it; asked again while the controller is away."""
        def seen():
            with contextlib.suppress(Gone, Denied):
                return self.control.slot(self.slot(place))
        return self.wait(seen, f"the status of {self.slot(place)}")

    def serving(self, place: int = 0) -> dict:
        """The worker of that slot, once it serves."""
        def found():
            slot = self.look(place)
            return slot["worker"] if self.recycler.serves(slot) else None
        return self.wait(found, f"{self.slot(place)} serves")

    def take(self, place: int = 0) -> Target:
        """The worker of that place is one that this way is about."""
        worker = self.serving(place)
        self.targets.append(Target(self.slot(place), worker["generation"], worker["pid"],
                                   answered=worker["requests"]["served"] or 0))
        self.notes["pid"] = str(self.pid)
        return self.targets[-1]

    def expect(self, generation: int, place: int = 0) -> Target:
        """A worker that this way is about, and that may not be there yet."""
        self.targets.append(Target(self.slot(place), generation, None))
        return self.targets[-1]

    def expect_next(self, place: int = 0) -> Target:
        """The worker that will be started next."""
        started = [line["generation"] for line in [*self.runner.reader.refresh().records, *self.runner.reader.events]
                   if line.get("slot") == self.slot(place) and line.get("generation")]
        return self.expect(max(started, default=0) + 1, place)

    def also_until_serving(self, generation: int) -> None:
        """Those between that generation and the one that serves: tried again, they ended likewise."""
        for between in range(generation + 1, self.serving()["generation"]):
            self.also(between, self.verdict)

    def also(self, generation: int, *verdicts: str, place: int = 0) -> None:
        """That worker may end too, so."""
        self.claimed[self.slot(place), generation] = verdicts

    def serve_one(self, query: str = "size=10", place: int = 0, **names) -> None:
        """A request that is answered."""
        answer = ask(self.address(place), f"nonce={self.nonce}&{query}", seconds=self.patience, **names)
        assert answer is not None and answer.get("end") == self.nonce, f"{query} was not answered: {answer}"
        for target in self.targets:
            if target.slot == self.slot(place):
                target.answered += 1
                self.wait(lambda pid=target.pid: at_rest(pid), f"{target.slot}.{target.generation} has closed the connection")

    def begin(self, query: str = LONG, place: int = 0, kind=Asking, **names) -> Asking:
        """A request that the worker is in when this returns; nobody will answer it."""
        asking = kind(self.address(place), f"nonce={self.nonce}&{query}", **names)
        self.hanging.append(asking)
        for target in self.targets:
            if target.slot == self.slot(place):
                target.in_flight = target.in_flight or f"nonce={self.nonce}&{query}"
        before = len([one for one in self.hanging if one.socket.getpeername() == asking.socket.getpeername()])

        def in_it():
            worker = self.look(place)["worker"]
            return worker and worker["requests"]["in_flight"] == before and worker["requests"]["uri"]
        self.wait(in_it, f"{query} is in flight")
        return asking

    def hold(self, query: str, place: int = 0) -> Held:
        """A request that the worker is in, and whose query it obeys when it is released."""
        return self.begin(query, place, Held)

    def die_in(self, query: str, place: int = 0, **names) -> None:
        """A request that its worker does not survive."""
        target = next(target for target in self.targets if target.slot == self.slot(place))
        target.in_flight = f"nonce={self.nonce}&{query}"
        answer = ask(self.address(place), target.in_flight, seconds=self.patience, **names)
        assert answer is None, f"{query} was answered: {answer}"

    def kill(self, name: str | int, *pids: int) -> None:
        """From outside: the worker, unless others are named."""
        number = name if isinstance(name, int) else signal.Signals[f"SIG{name}"]
        self.shared.killer.send(number, *(pids or (self.pid,)))

    def order(self, method: str, place: int = 0, **parameters) -> None:
        """Of the controller, without waiting, as recyclerctl does."""
        self.control.call(method, slots=[self.slot(place)], wait=False, **parameters)

    def reload(self, changes: dict) -> None:
        self.recycler.write_policy(changes)
        self.recycler.ctl("reload")  # which asks the next controller, where that takes the policy up
        self.control.close()

    def record_of(self, target: Target) -> dict:
        def found():
            return self.runner.reader.refresh().find(target.slot, target.generation)
        return self.wait(found, f"a record of {target.slot}.{target.generation}")

    def wait_event(self, name: str, place: int = 0) -> dict:
        """That event of the worker of this place."""
        target = next(target for target in self.targets if target.slot == self.slot(place))

        def found():
            return next((event for event in self.runner.reader.refresh().events if event["event"] == name
                         and (event.get("slot"), event.get("generation")) == (target.slot, target.generation)), None)
        return self.wait(found, f"an event {name} of {target.slot}.{target.generation}")

    def close(self) -> None:
        for asking in self.hanging:
            asking.socket.close()
        self.control.close()
