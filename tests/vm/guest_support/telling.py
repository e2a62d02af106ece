# SPDX-License-Identifier: MIT
"""How a story is told: its function gets a Stage and returns its figures as a line; an assertion that fails says why."""

import sys
import traceback
from pathlib import Path

from harness.machine import Skip
from harness.stage import Stage


def told(story) -> None:
    """Tells it; the process's exit status says how it went."""
    try:
        with Stage() as stage:
            figures = story(stage)
    except Skip as reason:
        print(reason)
        sys.exit(77)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[1:])
        print(f"{str(error) or type(error).__name__}\n(at {where})")
        sys.exit(1)
    print(figures)
