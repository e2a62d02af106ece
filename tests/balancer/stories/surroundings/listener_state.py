# SPDX-License-Identifier: MIT
"""What a worker does to its listener, or somebody to the names of its socket: told once, and put right without a restart."""

import os
import pwd
import time

from harness import machine
from harness.clients.callers import Callers
from harness.clients.fastcgi import ask
from harness.daemon.handover_spans import unix_time
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.stage import Stage
from harness.stories import Collection
from stories.dying.outages import next_controller

STORIES = Collection()
story = STORIES.story
APP = str(machine.TEST_PROGRAMS / "app")


def wait_a_while(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, seconds + 5, "time passes")


def troubles(recycler: Recycler) -> list[str]:
    return [f"{event.get('slot')}.{event.get('generation')}: {event['text']}" for event in recycler.events()
            if event["event"] == "trouble"]


class OneSlot(Recycler):
    """One slot on a port, or on a unix socket in a folder of its workers."""

    def __init__(self, stage: Stage, changes: dict | None = None, command: list | None = None, unix: bool = False):
        changes = dict(changes or {})
        app = {"command": command or [APP], **changes.pop("app", {})}
        self.folder = stage.path("s") if unix else None
        if unix:
            self.folder.mkdir(mode=0o755)
            if machine.worker_user():
                account = pwd.getpwnam(machine.worker_user())
                os.chown(self.folder, account.pw_uid, account.pw_gid)
            app |= {"name": f"spoilt-{os.getpid()}", "listen": f"unix:{self.folder}/0.sock"}
        super().__init__(stage, 1, {"app": app, **changes})
        self.address = f"{self.folder}/0.sock" if unix else self.addresses[0]
        self.name = "0.sock" if unix else self.slots[0]

    def generation(self) -> int:
        return (self.slot(self.name)["worker"] or {"generation": 0})["generation"]

    def wait_healed(self, callers: Callers, what: str) -> None:
        """It serves, and three more requests of each caller come back."""
        wait_until(self.all_serving, 20, f"the slot serves again after {what}")
        before = callers.answered
        wait_until(lambda: callers.answered >= before + 12, 20, f"requests are answered after {what}")


def longest_start(recycler: Recycler) -> float:
    """Seconds from the start of a worker until it was ready, by the report: they are the machine's affair."""
    began, longest = {}, 0.0
    for line in recycler.report():
        name = (line.get("slot"), line.get("generation"))
        if line.get("event") in ("starting", "started"):
            began.setdefault(name, unix_time(line))
        elif line.get("event") in ("ready", "handed-over") and name in began:
            longest = max(longest, unix_time(line) - began[name])
    return longest


def check_told_once(recycler: OneSlot, *words: str) -> str:
    told = [line for line in troubles(recycler) if all(word in line for word in words)]
    assert len(told) == 1, f"{words}: {troubles(recycler)}"
    return told[0]


def tell_polite(stage, handover: str, unix: bool):
    """The worker wakes whoever waits in accept() by shutting its listener down when it gets SIGTERM."""
    machine.need_root()
    recycler = OneSlot(stage, {"capacity": {"handover": handover}}, [APP, "--on-term", "listener=shutdown&exit=0"], unix).start()
    callers = Callers(recycler.address)
    recycles = 8
    for _ in range(recycles):
        recycler.ctl("recycle", recycler.name)
    recycler.wait_healed(callers, "the recycles")
    figures = callers.end()
    recycler.wait_recorded()
    told = troubles(recycler)
    verdicts = [end["verdict"] for end in recycler.ends()]
    # What waited in a unix socket can still be accepted: one more worker did, and left when it had.
    rest = {"left"} if unix and handover == "queue" else set()
    assert set(verdicts) - rest == {"recycled"} and verdicts.count("left") <= 1 and recycler.generation() >= recycles, f"{verdicts}, {recycler.generation()}; {figures}"
    if handover == "overlap":
        assert not told and not callers.lost and not callers.refused, f"{told}; {figures}"
        return figures
    # The first one loses what waits in its queue, on a port; the others are replaced by overlap.
    said = check_told_once(recycler, ".1:", "was shut down when it was asked to stop", "by an overlap, instead of the handover queue")
    assert len(told) == 1, told
    waited = 0 if unix else 4
    assert len(callers.lost) <= waited and callers.longest_refused < 1 + longest_start(recycler), figures
    return f"{said}\n{figures}"


for handover in ["queue", "overlap"]:
    for unix in [False, True]:
        STORIES.add(f"a worker that shuts its {'unix socket' if unix else 'port'} down when it is told to stop is replaced by {handover}"
                    f" again and again", tell_polite, handover=handover, unix=unix)


def tell_spoilt(stage, word: str, said: str, unix: bool = False, refused: float = 3, user: str | None = None,
                handover: str = "overlap", by: int = 1):
    """While it serves, under load: the slot serves again by itself, and after the worker has died, and after a recycle."""
    machine.need_root()
    recycler = OneSlot(stage, {"capacity": {"handover": handover}, "app": {"user": user} if user else {}}, unix=unix).start()
    callers = Callers(recycler.address, query="sleep=1")
    recycler.wait_healed(callers, "the start")
    ask(recycler.address, f"nonce=0&listener={word}")
    if said and by == 1:
        wait_until(lambda: troubles(recycler), 20, "it is told")
    recycler.wait_healed(callers, word)
    was = recycler.slot(recycler.name)["worker"]
    ended = len(recycler.ends())
    os.kill(was["pid"], 9)
    recycler.wait_serving(recycler.name, was["generation"] + 1, 20)
    recycler.wait_healed(callers, "the death of the worker")
    lost_by_death = len(callers.lost)
    recycler.ctl("recycle", recycler.name)
    recycler.wait_healed(callers, "the recycle")
    figures = callers.end()
    recycler.wait_recorded()
    told = troubles(recycler)
    assert callers.longest_refused < refused + longest_start(recycler), f"{told}; {figures}"
    # In its queue when it was shut down, and in flight when its worker was killed.
    assert len(callers.lost) == lost_by_death <= callers.count + 1, f"{told}; {figures}"
    assert len(recycler.ends()) - ended >= 1, recycler.ends()
    if not said:
        assert not told, told
        return figures
    one = check_told_once(recycler, f".{by}:", said)
    assert len(told) == 1, told
    return f"{one}\n{figures}"


for word, said, what in [
    ("shutdown", "its listener was shut down", "is shut down by its worker"),
    ("interface", "its listener was bound to the network interface 12345", "is bound to an interface by its worker"),
    ("alone", "SO_REUSEPORT was taken off", "is kept by its worker for itself"),
    ("backlog", "", "has its backlog taken away"),
    ("nonblock", "", "is made non-blocking by its worker"),
    ("timeout", "", "gets a timeout by its worker"),
]:
    STORIES.add(f"a port that {what} serves again by itself", tell_spoilt, word=word, said=said)
# On some machines only root may attach one.
for word, said, what in [
    ("filter", "a socket filter was attached", "gets a socket filter that lets nothing pass"),
    ("filter-lock", "a socket filter that may hold connections back", "gets a locked socket filter that lets nothing pass"),
    ("pass-lock", "a socket filter was attached to its listener and locked", "gets a locked socket filter that lets all pass"),
]:
    STORIES.add(f"a port that {what} serves again by itself", tell_spoilt, word=word, said=said, user="root")
# Nobody is the worse for it before another listener is to join this one.
STORIES.add("a port that gets its socket filter locked serves again by itself", tell_spoilt, word="lock", said="SO_LOCK_FILTER",
            by=2)
for word, said, what in [
    ("shutdown", "its listener was shut down", "is shut down by its worker"),
    ("path", "0.sock was removed, or leads elsewhere", "loses its path"),
    ("own-name", "0.sock.1 was removed, or leads elsewhere", "loses the name it was bound to"),
    ("names", "0.sock.1 was removed, or leads elsewhere", "loses both of its names"),
]:
    STORIES.add(f"a unix socket that {what} serves again by itself", tell_spoilt, word=word, said=said, unix=True)
for word in ["nonblock", "timeout", "backlog"]:
    STORIES.add(f"what {word} leaves behind on a listener does not meet the next worker by queue", tell_spoilt, word=word, said="",
                handover="queue")


def tell_cleaner(stage, names: list[str]):
    """A program that tidies up removes names of the sockets, of one slot that serves and of one that is drained."""
    machine.need_root()
    recycler = OneSlot(stage, {"capacity": {"handover": "overlap"}}, unix=True).start()
    callers = Callers(recycler.address)
    recycler.wait_healed(callers, "the start")
    for name in names:
        (recycler.folder / name).unlink()
    wait_until(lambda: troubles(recycler), 20, "it is told")
    wait_until(lambda: (recycler.folder / "0.sock").exists(), 20, "the path is there again")
    recycler.wait_healed(callers, "the cleaner")
    recycler.ctl("recycle", "0.sock")
    recycler.wait_healed(callers, "the recycle")
    figures = callers.end()
    told = troubles(recycler)
    assert len(told) == 1 and not callers.lost and callers.longest_refused < 3 + longest_start(recycler), f"{told}; {figures}"
    recycler.ctl("drain", "--force", "0.sock")
    for name in recycler.folder.iterdir():
        name.unlink()
    wait_a_while(2)
    assert not (recycler.folder / "0.sock").exists(), "the gate stays closed"
    recycler.ctl("open", "0.sock")
    wait_until(recycler.all_serving, 20, "it serves when it is opened")
    assert ask(recycler.address)["nonce"] == "1"
    return f"{told[0]}\n{figures}"


for names in [["0.sock"], ["0.sock.1"], ["0.sock", "0.sock.1"]]:
    STORIES.add(f"a cleaner that removes {' and '.join(names)} stops nobody for long", tell_cleaner, names=names)


@story
def a_locked_filter_hands_over_beside_itself_and_a_replacement_that_fails_costs_nothing(stage):
    machine.need_root()
    fails = stage.path("fails")
    script = stage.path("maybe.sh")
    script.write_text(f"#!/bin/sh\nif [ -e {fails} ]; then sleep 1; exit 1; fi\nexec {APP}\n")
    script.chmod(0o755)
    recycler = OneSlot(stage, {"capacity": {"handover": "overlap"}}, [str(script)]).start()
    callers = Callers(recycler.address)
    recycler.wait_healed(callers, "the start")
    fails.touch()
    ask(recycler.address, "nonce=0&listener=lock")
    try:
        recycler.ctl("recycle", recycler.name)
    except Refused as refused:
        words = [f"slot {recycler.name}: ", "the old worker goes on serving", "ended by itself with status 1"]
        assert all(word in refused.sentence for word in words), refused
    record = recycler.wait_end(recycler.name, 20, after=1)
    assert record["verdict"] != "recycled" and record["generation"] > 1, record
    assert recycler.generation() == 1 and not callers.lost and not callers.refused, callers.end()
    fails.unlink()
    for _ in range(3):
        recycler.ctl("recycle", recycler.name)
    recycler.wait_healed(callers, "the recycles")
    figures = callers.end()
    recycler.wait_recorded()
    told = check_told_once(recycler, ".1:", "SO_LOCK_FILTER", "on a listener of its own")
    last = [end["verdict"] for end in recycler.ends() if end["generation"] == 1]
    assert last == ["recycled"] and recycler.generation() >= 5, f"{last}, generation {recycler.generation()}"
    assert not callers.lost and not callers.refused, figures
    return f"{told}\n{figures}"


@story
def workers_that_lock_a_filter_on_each_of_their_listeners_are_braked_and_go_on_serving(stage):
    machine.need_root()
    recycler = OneSlot(stage, {"capacity": {"handover": "overlap"}, "app": {"user": "root"}},
                       [APP, "--at-start", "listener=pass-lock"]).start()
    callers = Callers(recycler.address)
    wait_until(lambda: recycler.generation() > 3, 30, "some are replaced")
    wait_a_while(8)
    generation = recycler.generation()
    figures = callers.end()
    assert not callers.lost and not callers.refused, figures
    assert generation < 20, f"generation {generation}: it is not braked"
    return f"generation {generation} after 8 s; {figures}"


@story
def what_the_daemon_closes_itself_is_no_trouble(stage):
    recycler = Recycler(stage, 4, {"capacity": {"handover": "overlap"}}).start()
    for _ in range(3):
        recycler.ctl("recycle", "all")
    controller = recycler.controller()
    os.kill(controller, 9)
    next_controller(recycler, controller, 20)
    wait_until(recycler.all_serving, 20, "the next controller has taken over")
    recycler.ctl("recycle", "all")
    assert not troubles(recycler), troubles(recycler)
    assert recycler.stop() == 0
    assert '"trouble"' not in recycler.report_file.read_text()
