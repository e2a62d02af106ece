# SPDX-License-Identifier: MIT
"""What is seen while it runs: on a terminal the stand's table, drawn again and again, with the last lines below; elsewhere each
line as it comes, and the counts now and then."""

import shutil
import sys
import time


class Screen:
    LINES = 7  # below the table

    def __init__(self):
        self.is_terminal = sys.stdout.isatty()
        self.interval = 1 if self.is_terminal else 10
        self.said: list[str] = []
        self.shown = time.monotonic()

    def say(self, passed: float, line: str) -> None:
        self.said.append(f"{passed:4.0f} s  {line}")
        if not self.is_terminal:
            print(self.said[-1], flush=True)

    def show(self, passed: float, counts: str, stand) -> None:
        if time.monotonic() - self.shown < self.interval:
            return
        self.shown = time.monotonic()
        line = f"{passed:4.0f} s  {counts}"
        if self.is_terminal:
            self._draw(stand.screen(), line)
        else:
            print(line, flush=True)

    def _draw(self, table: str, line: str) -> None:
        rows = shutil.get_terminal_size().lines
        below = ["", *self.said[-self.LINES:], line]
        lines = table.splitlines()[:max(0, rows - len(below) - 1)] + below
        print("\033[H\033[J" + "\n".join(lines), flush=True)
