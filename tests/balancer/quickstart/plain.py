# SPDX-License-Identifier: MIT
"""The same workers under a plain spawner, as in 2008: it starts what has died, and nothing else; a cron job ends those that have
grown too large. Friendlier than it was: the spawner of the story looked every five seconds, cron once a minute."""

import os
import signal
import time
from dataclasses import dataclass

from harness.processes import alive, anonymous_memory
from harness.servers.lighttpd import Lighttpd
from harness.servers.spawner import spawn
from harness.stage import Stage
from quickstart import shop
from quickstart.stand import CannotBeDone, Highest, Look

CRON_EVERY = 10.0  # seconds
WHAT_IT_DOES = f"""\
spawn-fcgi for each port, started again within a quarter of a second when it
has died.
Every {CRON_EVERY:.0f} s a cron job sends SIGTERM to each worker above {shop.RETIRE_AT // shop.MIB} MiB.
No limits, no draining, no records."""


@dataclass(frozen=True)
class Outcome:
    highest: Highest
    ended_by_cron: int
    other_deaths: int
    gone: int  # ports without a worker at the end


class Plain:
    def __init__(self, stage: Stage, first_port: int, web_port: int):
        self.stage = stage
        self.addresses = [("127.0.0.1", first_port + i) for i in range(shop.WORKERS)]
        self.workers = [spawn(stage, address, shop.COMMAND) for address in self.addresses]
        self.web = Lighttpd(stage, self.addresses, port=web_port)
        self.special_requests = []
        self.highest = Highest()
        self.deaths: list[str] = []  # a wait status each: all that such a spawner knows
        self.ended_by_cron: set[int] = set()
        self.told = 0
        self.spawner_is_alive = True
        self.next_cron = time.monotonic() + CRON_EVERY

    def enforces_limits(self) -> bool:
        return True  # so that it is asked the same; what comes of it, is seen

    def look(self) -> Look:
        bloats = [anonymous_memory(worker.pid) for worker in self.workers]
        self._restart_the_dead()
        if time.monotonic() >= self.next_cron:
            self._cron()
        return Look(max(bloats), sum(bloats))

    def _restart_the_dead(self) -> None:
        for index, worker in enumerate(self.workers):
            status = worker.wait(0) if self.spawner_is_alive else None
            if status is not None:
                cron = " (cron)" if worker.pid in self.ended_by_cron else ""
                self.deaths.append(f"{self.addresses[index][1]} {_in_words(status)}{cron}")
                self.workers[index] = spawn(self.stage, self.addresses[index], shop.COMMAND)

    def _cron(self) -> None:
        self.next_cron += CRON_EVERY
        for worker in self.workers:
            if anonymous_memory(worker.pid) > shop.RETIRE_AT:
                worker.signal(signal.SIGTERM)
                self.ended_by_cron.add(worker.pid)

    def outcome(self) -> "Outcome":
        """To be asked while it still stands."""
        return Outcome(highest=self.highest, ended_by_cron=len(self.ended_by_cron),
                       other_deaths=sum("cron" not in death for death in self.deaths),
                       gone=sum(not alive(worker.pid) for worker in self.workers))

    def news(self) -> list[str]:
        new, self.told = self.deaths[self.told:], len(self.deaths)
        return new

    def screen(self) -> str:
        return ""

    def kill_a_worker(self) -> tuple[str, int]:
        index = min(range(len(self.workers)), key=lambda i: anonymous_memory(self.workers[i].pid) or 1 << 62)
        os.kill(self.workers[index].pid, signal.SIGKILL)
        return str(self.addresses[index][1]), self.workers[index].pid

    def take_a_worker_out(self) -> str:
        raise CannotBeDone("out of rotation: it has no such thing but a kill")

    def put_it_back(self) -> str:
        raise CannotBeDone("back into rotation: it has no such thing")

    def kill_the_supervisor(self) -> str:
        self.spawner_is_alive = False
        return "kill -9 of the spawner: from here on nobody starts what has died"


def _in_words(status: int) -> str:
    return f"ended: signal {-status}" if status < 0 else f"ended: status {status}"
