# SPDX-License-Identifier: MIT
"""A spawner that knows no better: what happens to requests without Recycler. Worker and listener live and die together."""

import signal

from harness import machine
from harness.ports import is_listened_on
from harness.processes import Process, wait_until
from harness.stage import Stage


def spawn(stage: Stage, address: tuple[str, int], command) -> Process:
    """spawn-fcgi with one worker on the address, once it listens."""
    worker = stage.start(["/usr/bin/spawn-fcgi", "-n", "-a", address[0], "-p", address[1], "--", *command],
                         f"spawn-fcgi-{address[1]}")
    def listens() -> bool:
        assert worker.running(), f"spawn-fcgi for {address} ended: {worker.output()}"
        return is_listened_on(address[1])
    wait_until(listens, 5, f"a worker listens on {address}", every=0.001)
    return worker


class KillAndRestart:
    """spawn-fcgi workers on neighbouring ports; restart() is kill -9, and then the same again."""

    def __init__(self, stage: Stage, count: int):
        machine.need_program("spawn-fcgi")
        self.stage = stage
        first = machine.free_ports(count)
        self.addresses = [("127.0.0.1", first + i) for i in range(count)]
        self.workers = [self._spawn(address) for address in self.addresses]

    def _spawn(self, address) -> Process:
        return spawn(self.stage, address, [machine.TEST_PROGRAMS / "app"])

    def restart(self, index: int) -> None:
        self.workers[index].signal(signal.SIGKILL)
        self.workers[index].wait(5)
        self.workers[index] = self._spawn(self.addresses[index])


class Multiwatch:
    """One listener of spawn-fcgi's, one worker under multiwatch: the fastest plain respawner that Debian has."""

    def __init__(self, stage: Stage, command: list | None = None):
        machine.need_program("spawn-fcgi")
        machine.need_program("multiwatch")
        self.address = ("127.0.0.1", machine.free_ports(1))
        # -r: without it multiwatch gives up after three deaths. A second signal makes it end at once.
        self.process = stage.start(["/usr/bin/spawn-fcgi", "-n", "-a", self.address[0], "-p", self.address[1], "--",
                                    "/usr/bin/multiwatch", "-f", "1", "-r", "1000000", "-t", "0", "--",
                                    *(command or [machine.TEST_PROGRAMS / "app"])], "multiwatch")
        wait_until(lambda: machine.listens(self.address), 5, "multiwatch's worker listens")
