# SPDX-License-Identifier: MIT
"""A daemon that was started by a commit's programs gets ours, those of a version after ours, and steps back, under load."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.under_load import UnderLoad
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.stage import Stage
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story
SERVED_BY_LIGHTTPD = 4


@dataclass(frozen=True)
class Versions:
    """Folders of programs."""

    before: Path
    ours: Path
    later: Path


class App:
    """Four slots behind lighttpd under load, and one whose worker the test asks itself, to end it as well."""

    def __init__(self, stage: Stage, versions: Versions, changes: dict | None = None):
        self.installed = stage.path("programs")
        self.installed.mkdir()
        self.recycler = Recycler(stage, SERVED_BY_LIGHTTPD + 1, changes)
        self.recycler.daemon = versions.before / "recyclerd"
        self.recycler.environment["RECYCLER_CONTROLLER"] = str(self.installed / "recycler-controller")
        self.install(versions.before)
        self.recycler.start()
        self.own_requests = 0
        self.load = UnderLoad(stage, self.recycler, self.recycler.addresses[:SERVED_BY_LIGHTTPD], query="sleep=0-2")
        self.goes_on(200)

    def install(self, programs: Path) -> None:
        """As a package does: a new file under the old name."""
        for name in ("recycler-recorder.so", "recycler-controller"):
            fresh = self.installed / f"{name}.new"
            shutil.copy2(programs / name, fresh)
            fresh.rename(self.installed / name)

    def upgrade(self, programs: Path) -> None:
        self.install(programs)
        self.recycler.ctl("reload")
        assert os.path.samefile(f"/proc/{self.recycler.controller()}/exe", self.installed / "recycler-controller")

    def goes_on(self, answers: int = 100) -> None:
        self.load.goes_on(answers)

    def ask(self, query: str) -> None:
        self.own_requests += 1
        ask(self.recycler.addresses[-1], query)

    def recycle_own(self) -> None:
        """The worker that only the test asks is recycled by an operator."""
        before = sum(self.counts()["recycles"].values())
        self.recycler.ctl("recycle", self.recycler.slots[-1])
        wait_until(lambda: sum(self.counts()["recycles"].values()) > before, 20, "the recycle is counted")

    def end_own(self) -> None:
        """It exits in a request, and is replaced."""
        before = sum(self.counts()["ends"].values())
        self.ask("exit=3")
        wait_until(lambda: sum(self.counts()["ends"].values()) > before, 20, "the end is counted")
        self.recycler.wait_serving(self.recycler.slots[-1], 1)

    def counts(self) -> dict:
        return self.load.counts()

    def served_pids(self) -> list[int]:
        return self.recycler.worker_pids()[:SERVED_BY_LIGHTTPD]

    def end_load(self) -> dict:
        """The client's summary, when nothing is lost and each request is in our count. Of the test's own requests those that ended a
        worker were begun and not answered."""
        cut = sum(count for verdict, count in self.counts()["ends"].items() if verdict in ("exited", "later"))
        return self.load.end(others=self.own_requests - cut)


def unlike(before: dict, after: dict) -> str:
    return f"{before}, then {after}"


@story
def each_step_keeps_every_worker_and_every_count(stage, versions):
    app = App(stage, versions)
    pids = app.served_pids()
    app.ask("")
    app.recycle_own()
    app.end_own()
    old = app.counts()
    assert old["recycles"] == {"operator": 1} and old["ends"] == {"recycled": 1, "exited": 1}, str(old)

    app.upgrade(versions.ours)
    ours = app.counts()
    assert (ours["recycles"], ours["ends"]) == (old["recycles"], old["ends"]), unlike(old, ours)
    app.goes_on()

    app.upgrade(versions.later)
    app.recycle_own()
    app.end_own()
    os.kill(app.recycler.controller(), 9)
    app.goes_on()
    later = app.counts()
    assert later["recycles"] == {"operator": 1, "later": 1}, str(later)
    assert later["ends"] == {"recycled": 2, "exited": 1, "later": 1}, str(later)

    # A step back: what ours does not know is shown as that, kept, and not counted under another name.
    app.upgrade(versions.ours)
    app.recycle_own()
    back = app.counts()
    assert back["recycles"] == {"operator": 2, "of-a-later-version": 1}, str(back)
    assert back["ends"] == {"recycled": 3, "exited": 1, "of-a-later-version": 1}, str(back)

    app.upgrade(versions.later)
    again = app.counts()
    assert again["recycles"] == {"operator": 2, "later": 1}, str(again)
    assert again["ends"] == {"recycled": 3, "exited": 1, "later": 1}, str(again)
    assert app.served_pids() == pids, "no step touches a worker"
    return f"{load.in_words(app.end_load())}; {app.counts()}"


@story
def a_step_back_to_the_commit_is_refused_in_words_or_right(stage, versions):
    app = App(stage, versions)
    app.recycle_own()
    app.upgrade(versions.ours)
    pids, before = app.served_pids(), app.counts()
    said = "taken"
    try:
        app.upgrade(versions.before)
    except Refused as refusal:
        said = refusal.sentence.strip()
        assert "does not work" in said, said
    after = app.counts()
    assert (after["recycles"], after["ends"]) == (before["recycles"], before["ends"]), unlike(before, after)
    assert app.served_pids() == pids, "no step touches a worker"
    app.upgrade(versions.ours)
    app.recycle_own()
    assert app.counts()["recycles"] == {"operator": 2}, str(app.counts())
    return f"{said}; {load.in_words(app.end_load())}"


def tell_steps_in_handovers(stage, versions, handover: str):
    app = App(stage, versions, {"recycle": {"requests": 150}, "capacity": {"handover": handover}})
    steps = [versions.ours, versions.later, versions.ours, versions.later] * 3
    for step, programs in enumerate(steps, 1):
        app.upgrade(programs)
        wait_until(lambda: app.counts()["recycles"].get("requests", 0) >= step, 60, f"{step} recycles by requests")
    counts = app.counts()
    assert sum(counts["ends"].values()) >= counts["recycles"]["requests"], str(counts)
    assert set(counts["ends"]) <= {"recycled", "stopped"}, str(counts)
    summary = app.end_load()
    ends = [record["verdict"] for record in app.recycler.ends()]
    wait_until(lambda: sum(app.counts()["ends"].values()) == len(app.recycler.ends()), 10, f"a record for each end: {len(ends)}")
    return f"{load.in_words(summary)}; {len(steps)} steps, {counts['recycles']['requests']} recycles by requests"


for mode in ["overlap", "queue", "close"]:
    STORIES.add(f"steps in the middle of handovers by {mode} lose nothing", tell_steps_in_handovers, handover=mode)
