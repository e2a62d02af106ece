# SPDX-License-Identifier: MIT
"""The story in small: twenty Ruby workers that bloat behind lighttpd, a minute of checked requests, one mishap after another."""

import argparse
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parents[1])

from harness import machine
from harness.daemon.recycler import Refused
from quickstart import mishaps
from quickstart.ports import Taken, need_free
from quickstart.shown import Wish, compare, show

INTERRUPTED, USAGE = 130, 64


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="quickstart", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, metavar="N", help="how long the load runs (60); with --serve, 0 means no load")
    parser.add_argument("--compare", action="store_true", help="run the same under a plain spawner first, and show both side by side")
    parser.add_argument("--serve", action="store_true", help="keep the workers running afterwards, so that you can look around")
    parser.add_argument("--port-base", type=int, default=7000, metavar="PORT", help="the first worker's port (7000)")
    parser.add_argument("--web-port", type=int, default=8080, metavar="PORT", help="lighttpd's port (8080)")
    chosen = parser.parse_args()
    if chosen.seconds < mishaps.SHORTEST_RUN and not (chosen.serve and chosen.seconds == 0):
        parser.exit(USAGE, f"quickstart: --seconds: at least {mishaps.SHORTEST_RUN}, or the mishaps meet each other\n")
    if chosen.serve and chosen.compare:
        parser.exit(USAGE, "quickstart: --compare and --serve exclude each other\n")
    return chosen


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(_number, _frame) -> None:
    for number in ENDS:  # a second one must not cut the clearing away short; each step of that has its deadline
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    chosen = arguments()
    for number in ENDS:
        signal.signal(number, interrupt)
    wish = Wish(chosen.seconds, chosen.port_base, chosen.web_port)
    try:
        need_free(wish.first_port, wish.web_port)
        if not machine.is_root():
            print("Note: without root there are no limits and no drains, and Recycler only watches memory. Use sudo to see everything.")
        right = compare(wish) if chosen.compare else show(wish, stays=chosen.serve)
    except KeyboardInterrupt:
        print("\nInterrupted; everything that it had started is stopped.")
        return INTERRUPTED
    except (machine.Skip, Refused, Taken, TimeoutError, AssertionError) as trouble:
        print(f"\nThis machine cannot run the demonstration: {trouble}", file=sys.stderr)
        return 1
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
