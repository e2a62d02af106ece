"""What ./quickstart shows: workers that bloat, a balancer that knows nothing of it, and no lost request."""

import argparse
import os
import signal
import sys
import time

from harness import machine
from harness.lighttpd import Lighttpd
from harness.load import Load, lost
from harness.policy import to_toml
from harness.processes import cpu_seconds, private_dirty
from harness.recycler import Recycler, Refused
from harness.stage import Stage

MIB = 1 << 20
WORKERS = 8
LIMIT, RETIRE_AT = 128 * MIB, 64 * MIB

POLICY = {
    "app": {"name": f"quickstart-{os.getpid()}", "command": ["/usr/bin/ruby", str(machine.TEST_PROGRAMS / "app.rb")]},
    "memory": {"max": f"{LIMIT // MIB}MiB"},
    "recycle": {"memory": f"{RETIRE_AT // MIB}MiB", "requests": 5000},
}


def tell_the_machines_limits(recycler: Recycler) -> None:
    for sentence in recycler.status()["limitations"]:
        print(f"Note: {sentence}")
    if not machine.is_root():
        print("Note: without root no limit is enforced; memory is only watched. Run it with sudo to see all of it.")


def bloat_of(status: dict) -> int:
    """The most that any worker now alive holds."""
    workers = [slot[place] for slot in status["slots"] for place in ("worker", "next") if slot[place]]
    return max((worker["memory"]["bloat"] or 0 for worker in workers), default=0)


def one_line(seconds: float, counts: dict, status: dict) -> str:
    recycles = ", ".join(f"{count} by {trigger}" for trigger, count in status["totals"]["recycles"].items()) or "none yet"
    return (f"{seconds:4.0f} s  {counts['answered']} right answers, {lost(counts)} lost; recycles: {recycles}; the largest "
            f"worker holds {bloat_of(status) / MIB:.0f} MiB")


class Screen:
    """Draws the table of `recyclerctl status` again and again on a terminal; elsewhere a line now and then."""

    def __init__(self):
        self.is_terminal = sys.stdout.isatty()
        self.interval = 1 if self.is_terminal else 5

    def show(self, recycler: Recycler, line: str) -> None:
        if self.is_terminal:
            print("\033[H\033[J" + recycler.ctl("status") + "\n" + line, flush=True)
        else:
            print(line, flush=True)


def watch(recycler: Recycler, client: Load) -> int:
    """Shows the run until the load has ended; the highest bloat that was seen."""
    screen, began, highest = Screen(), time.monotonic(), 0
    shown = began
    while client.process.wait(0.2) is None:
        status, counts = recycler.status(), client.latest()
        highest = max(highest, bloat_of(status))
        if counts and time.monotonic() - shown >= screen.interval:
            shown = time.monotonic()
            screen.show(recycler, one_line(shown - began, counts, status))
    return highest


def summarise(recycler: Recycler, client: Load, web: Lighttpd, highest: int) -> bool:
    """Prints the sum of it; whether no request was lost."""
    counts, status, ends = client.result(), recycler.status(), recycler.ends()
    # The last look before a retirement is the record's.
    highest = max([highest] + [end["memory"]["bloat"] or 0 for end in ends])
    deaths = [end for end in ends if end["verdict"] not in ("recycled", "stopped")]
    own = [recycler.process.pid, recycler.controller()]
    print(f"""
Requests       {counts['sent']} sent, {counts['answered'] - counts['wrong']} answered right, {counts['wrong']} wrong, \
{counts['missing']} missing; {status['totals']['requests']} counted by Recycler
Latency        p50 {counts['latency_ms']['p50']:g} ms, p99 {counts['latency_ms']['p99']:g} ms, worst \
{counts['latency_ms']['max']:g} ms; {web.refused()} connects refused
Recycles       {', '.join(f'{n} by {trigger}' for trigger, n in status['totals']['recycles'].items()) or 'none'}
Highest bloat  {highest / MIB:.1f} MiB; workers retire at {RETIRE_AT // MIB} MiB, the limit is {LIMIT // MIB} MiB\
{'' if status['cgroup']['enforced'] else ' (not enforced here)'}
Deaths         {len(deaths)} unexpected""")
    for end in deaths:
        print(f"               {end['sentence']}")
    print(f"Recycler       {sum(map(private_dirty, own)) / MIB:.1f} MiB of its own, {sum(map(cpu_seconds, own)):.2f} s of "
          f"processor time in {counts['seconds']:.0f} s")
    return lost(counts) == 0


def show(seconds: float) -> bool:
    with Stage() as stage:
        recycler = Recycler(stage, WORKERS, POLICY)
        print("The policy:\n\n" + to_toml(recycler.policy))
        recycler.start(seconds=60)
        tell_the_machines_limits(recycler)
        web = Lighttpd(stage, recycler.addresses)
        print(f"{WORKERS} Ruby workers behind {web.url}, each request leaves 40 to 120 KiB behind. {seconds:g} seconds, "
              "16 connections, every answer checked.\n", flush=True)
        client = Load(stage, web.url, duration=seconds, connections=16, query="leak=40-120", think="5-15", progress=1)
        highest = watch(recycler, client)
        right = summarise(recycler, client, web, highest)
        recycler.stop()
        return right


def main() -> int:
    parser = argparse.ArgumentParser(prog="quickstart", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long the load runs (30)")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        right = show(parser.parse_args().seconds)
    except KeyboardInterrupt:
        print("\nInterrupted; everything it started has been stopped.")
        return 130
    except (machine.Skip, Refused, TimeoutError, AssertionError) as trouble:
        print(f"\nThis machine cannot show it: {trouble}", file=sys.stderr)
        return 1
    print("\nNo request was lost." if right else "\nRequests were LOST.")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
