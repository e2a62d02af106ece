"""Stories: functions whose names are sentences. Each gets a Stage, returns its figures as one line, fails by assertion."""

import time
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable

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
    """The stories of one module, in the order in which they stand there."""

    def story(self, tell):
        """Decorator: `a_lost_request_is_found_out` becomes "a lost request is found out"."""
        self.append(Story(tell.__name__.replace("_", " "), tell))
        return tell

    def add(self, sentence: str, tell, **changes) -> None:
        """A story that is told more than once, with something changed."""
        self.append(Story(sentence, partial(tell, **changes)))


def run(stories: list[Story]) -> int:
    """Tells them one after another; the exit status."""
    failed, passed, skipped = [], 0, 0
    for story in stories:
        began = time.monotonic()
        try:
            with Stage() as stage:
                figures = story.tell(stage)
            passed += 1
            _say("ok", story, figures, began)
        except Skip as reason:
            skipped += 1
            _say("skip", story, str(reason), began)
        except Exception as error:
            failed.append(story.sentence)
            place = traceback.extract_tb(error.__traceback__)
            where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in place[1:])
            _say("FAIL", story, f"{str(error) or type(error).__name__}\n(at {where})", began)
    for sentence in failed:
        print(f"failed: {sentence}")
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


def _say(result: str, story: Story, text: str | None, began: float) -> None:
    print(f"{result:4}  {story.sentence} ({time.monotonic() - began:.1f} s)", flush=True)
    if text:
        print("      " + text.strip().replace("\n", "\n      "), flush=True)
