# SPDX-License-Identifier: MIT
"""The turns of ways that are killed for memory."""

import threading
import time
from collections import deque

# The kernel's log tells of ten kills in five seconds (oom_kill_process has a rate limit) and leaves out the others, whose records
# then cannot name who was killed. A way may take more than one.
WAYS, SECONDS = 6, 5.5


class MemoryKills:
    def __init__(self):
        self._turn = threading.Lock()
        self._begun: deque[float] = deque(maxlen=WAYS)

    def take_turn(self) -> None:
        """Returns when the kernel will tell of one more."""
        with self._turn:
            if len(self._begun) == WAYS:
                time.sleep(max(0.0, self._begun[0] + SECONDS - time.monotonic()))
            self._begun.append(time.monotonic())
