# SPDX-License-Identifier: MIT
"""Stories: functions whose names are sentences. Each gets a Stage, returns its figures as one line, fails by assertion."""

import threading
import time
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Sequence

from harness.machine import Skip
from harness.stage import Stage


@dataclass(frozen=True)
class Story:
    sentence: str
    tell: Callable[[Stage], str]

    def matches(self, names: list[str]) -> bool:
        """Whether one of `names` (with spaces or underscores) is part of its sentence."""
        return any(name.replace("_", " ") in self.sentence for name in names)


class Collection(list):
    """The stories of one module, in the order in which they stand there. `waits`: they hardly compute, so that others can be told
    meanwhile."""

    def __init__(self, waits: bool = False):
        super().__init__()
        self.waits = waits

    def story(self, tell):
        """Decorator: `a_lost_request_is_found_out` becomes "a lost request is found out"."""
        self.append(Story(tell.__name__.replace("_", " "), tell))
        return tell

    def add(self, sentence: str, tell, **changes) -> None:
        """A story that is told more than once, with something changed."""
        self.append(Story(sentence, partial(tell, **changes)))


@dataclass(frozen=True)
class Told:
    """What came of stories."""
    failed: list[str]
    passed: int
    skipped: int

    def __add__(self, other: "Told") -> "Told":
        return Told(self.failed + other.failed, self.passed + other.passed, self.skipped + other.skipped)


class Telling:
    """Stories told one after another, and what came of them."""

    def __init__(self, stories: Sequence[Story]):
        self.stories = stories
        self.failed, self.passed, self.skipped = [], 0, 0

    def tell(self) -> None:
        for story in self.stories:
            began = time.monotonic()
            try:
                with Stage() as stage:
                    figures = story.tell(stage)
                self.passed += 1
                _say("ok", story, figures, began)
            except Skip as reason:
                self.skipped += 1
                _say("skip", story, str(reason), began)
            except Exception as error:
                self.failed.append(story.sentence)
                place = traceback.extract_tb(error.__traceback__)
                where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in place[1:])
                _say("FAIL", story, f"{str(error) or type(error).__name__}\n(at {where})", began)


def run(stories: list[Story], waiting: Sequence[Story] = ()) -> int:
    """Tells them, those that wait beside the others; the exit status."""
    return conclude(tell_all(stories, waiting))


def tell_all(stories: Sequence[Story], waiting: Sequence[Story] = ()) -> Told:
    both = [Telling(stories), Telling(waiting)]
    beside = threading.Thread(target=both[1].tell)
    beside.start()
    both[0].tell()
    beside.join()
    return Told([sentence for telling in both for sentence in telling.failed],
                sum(telling.passed for telling in both), sum(telling.skipped for telling in both))


def conclude(told: Told) -> int:
    """Says what came of all; the exit status."""
    for sentence in told.failed:
        print(f"failed: {sentence}")
    print(f"{told.passed} passed, {len(told.failed)} failed, {told.skipped} skipped", flush=True)
    return 1 if told.failed else 0


def _say(result: str, story: Story, text: str | None, began: float) -> None:
    lines = f"{result:4}  {story.sentence} ({time.monotonic() - began:.1f} s)\n"
    if text:
        lines += "      " + text.strip().replace("\n", "\n      ") + "\n"
    print(lines, end="", flush=True)  # at once: another thread tells, too
