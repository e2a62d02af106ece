# SPDX-License-Identifier: MIT
"""kill -9 of a lone worker to the next answer: by Recycler with a spare, and by multiwatch, in turns."""

import os
import signal
import time
from statistics import median

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.spawner import Multiwatch
from harness.stories import Collection
from rates import APP, LASTING_PHP, PHP_SCRIPT

STORIES = Collection()

KILLS = 10
ROOT = machine.TEST_PROGRAMS


def seconds_until_another_answers(address, script: str) -> float:
    """kill -9 of the worker that is idle once it has answered, and the time until another one has."""
    pid = int(ask(address, script=script)["pid"])
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while True:
        try:
            words = ask(address, script=script)
        except ConnectionRefusedError:
            continue
        if words is not None and int(words["pid"]) != pid:
            return time.monotonic() - began


def has_ready_spare(recycler: Recycler) -> bool:
    status = recycler.status()
    return recycler.serves(status["slots"][0]) and any(spare["state"] == "ready" for spare in status["spares"])


def tell(stage, command: list[str], script: str, bound: float):
    if not command[0].startswith(str(ROOT)):
        machine.need_program("php-cgi" if script == PHP_SCRIPT else command[0].rsplit("/", 1)[-1])
    recycler = Recycler(stage, 1, {"app": {"command": command}, "capacity": {"spares": 1},
                                   "restart": {"burst": 1000, "within": "1s"}}).start()
    plain = Multiwatch(stage, command)
    ours, theirs = [], []
    for _ in range(KILLS):
        for address, times in [(recycler.addresses[0], ours), (plain.address, theirs)]:
            wait_until(lambda: has_ready_spare(recycler), 30, "a spare is ready")
            times.append(seconds_until_another_answers(address, script) * 1000)
    figures = (f"kill -9 to the next answer, {KILLS} pairs: recycler with a spare {median(ours):.1f} ms (worst {max(ours):.1f}), "
               f"multiwatch {median(theirs):.1f} ms (worst {max(theirs):.1f})")
    assert median(ours) <= bound * median(theirs), figures
    return figures


for name, command, script, bound in [("C", APP, "/app", 2.0), ("Perl", ["/usr/bin/perl", str(ROOT / "app.pl")], "/app", 1.0),
                                     ("Ruby", ["/usr/bin/ruby", str(ROOT / "app.rb")], "/app", 1.0),
                                     ("PHP", LASTING_PHP, PHP_SCRIPT, 1.0)]:
    STORIES.add(f"how long until a killed lone {name} worker is replaced by a spare, beside a plain respawner", tell,
                command=command, script=script, bound=bound)
