# SPDX-License-Identifier: MIT
"""The site of the story, in small: twenty Ruby workers whose memory grows with some of what they are asked."""

from dataclasses import dataclass

from harness import machine

MIB = 1 << 20
WORKERS = 20
COMMAND = ["/usr/bin/ruby", str(machine.TEST_PROGRAMS / "app.rb")]

# In 2008 a worker had 57 MiB after its start, and 200 to 317 with time. Here it has a sixth of that after its start, so that
# twenty fit on a small machine, and the rest is to the same scale: 33 to 53.
LIMIT = 64 * MIB
RETIRE_AT = 51 * MIB  # 80 % of the limit
POLICY = {"memory": {"max": "64MiB"}, "recycle": {"memory": "80%", "hung": "5s"}}


@dataclass(frozen=True)
class Route:
    """One kind of request: words of tests/workers/vocabulary.md, and how many clients ask for it all the time."""
    path: str
    query: str
    clients: int


# Two of three leave nothing behind.
ROUTES = [
    Route("/article", "sleep=2-12", 8),
    Route("/basket", "sleep=0-8", 4),
    Route("/search", "sleep=4-24&leak=40-200", 8),
]
THINK = "5-25"  # milliseconds between an answer and the next request of that client
