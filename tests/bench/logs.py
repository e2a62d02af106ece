# SPDX-License-Identifier: MIT
"""What reading a balancer's log costs: a long one of lighttpd's, made on the fly, beside `grep -c` over the same bytes."""

import os
import subprocess
import time

from harness import machine
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20
SIZE = int(os.environ.get("RECYCLER_LOG_MIB", "128")) * MIB
DAY = "2026-11-23 "


def minute(number: int) -> bytes:
    """A bad one: 60 deaths, each with what lighttpd says of it, and refusals between them."""
    lines = []
    for second in range(60):
        at = f"{DAY}{number // 60 % 24:02}:{number % 60:02}:{second:02}: "
        where = f"socket: tcp:127.0.0.1:{7000 + (number + second) % 20}"
        lines += [f"{at}(mod_fastcgi.c.360) unexpected end-of-file (perhaps the fastcgi process died):pid: 0 {where}",
                  f"{at}(gw_backend.c.2389) response not received, request sent: 621 on {where} "
                  f"for /reports?nonce={number}.{second}&page=7, closing connection"]
        for _ in range(20):
            lines += [f"{at}(gw_backend.c.274) establishing connection failed: {where}: Connection refused",
                      f"{at}(gw_backend.c.351) gw-server re-enabled: {where.removeprefix('socket: ')} 127.0.0.1 7000 "]
    return ("\n".join(lines) + "\n").encode()


def history() -> str:
    """Of one slot in twenty, so that most of the log must be looked for in vain."""
    lines = ['{"at":"2026-11-23T00:00:00.000Z","event":"app-started","slot":null,"generation":null}']
    for hour in range(24):
        for minute_ in range(60):
            lines.append(f'{{"kind":"end","verdict":"crashed","trigger":null,"sentence":"7000.1 crashed.","at":"2026-11-23T'
                         f'{hour:02}:{minute_:02}:20.500Z","slot":"7000","generation":{hour * 60 + minute_ + 1},"memory":{{}},'
                         f'"evidence":[],"stderr":[]}}')
    return "\n".join(lines) + "\n"


def make(path) -> None:
    with path.open("wb") as file:
        for number in range(1 << 30):
            if file.tell() >= SIZE:
                return
            file.write(minute(number))


def timed(argv: list) -> tuple[float, int]:
    """Seconds of processor time, and the most memory, in MiB: at least that of this program, which it is forked from."""
    # Not /dev/null: grep would end at the first match.
    process = subprocess.Popen([*map(str, argv)], stdout=subprocess.PIPE)
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, f"{argv}: exit {process.returncode}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


@story
def what_it_takes_to_explain_a_long_log_of_a_balancer_beside_searching_it(stage):
    log, events = stage.path("error.log"), stage.path("events.jsonl")
    make(log)
    events.write_text(history())
    began = time.monotonic()
    searched, _ = timed(["grep", "-c", "socket: tcp:127.0.0.1:70.*refused", log])
    explained, memory = timed([machine.PROGRAMS / "recyclerctl", "explain", "--zone", "UTC", "--events", events, log])
    gigabyte = explained / SIZE * (1 << 30)
    figures = (f"{SIZE // MIB} MiB of error log: {explained:.2f} s of a core, {SIZE / MIB / explained:.0f} MiB/s "
               f"({gigabyte:.1f} s a GiB), {explained / searched:.1f} times grep -c (bound 4); at most {memory} MiB of memory (below 64); "
               f"{time.monotonic() - began:.1f} s in all")
    assert explained <= 4 * searched, figures
    assert memory < 64, figures
    return figures
