# SPDX-License-Identifier: MIT
"""The same application without Recycler: under spawn-fcgi and multiwatch, or php-cgi's own children; restarted as a service is."""

import signal
import time

import web
from application import Application, Prepared, USER
from asking import Asking, failed, slowest_ms
from harness import machine
from harness.ports import is_listened_on
from harness.processes import Process, children_of, wait_until
from harness.stage import Stage
from victims import MARK, end_all, end_some_child
from with_recycler import CLIENTS, Figures, SLOTS


class Spawned:
    """All workers of the application on one port."""

    def __init__(self, stage: Stage, application: Application, prepared: Prepared):
        self.stage, self.app = stage, prepared.policy["app"]
        self.address = ("127.0.0.1", machine.free_ports(1))
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.app.get("environment", {}), MARK: str(stage.directory)}
        if application.processes > 1:  # a parent that starts the next by itself
            self.how, self.command = "php-cgi -b", self.app["command"]
            self.environment["PHP_FCGI_CHILDREN"] = str(SLOTS * application.processes)
        else:
            self.how = "multiwatch"
            self.command = ["/usr/bin/multiwatch", "-f", str(SLOTS), "-r", "1000000", "-t", "0", "--", *self.app["command"]]
        self.process = self.spawn()

    def spawn(self) -> Process:
        for program in ("spawn-fcgi", "multiwatch"):
            machine.need_program(program)
        process = self.stage.start(
            ["/usr/bin/spawn-fcgi", "-n", "-a", self.address[0], "-p", self.address[1], "-u", USER, "-g", USER, "-d",
             self.app.get("directory", "/"), "--", *self.command], "spawned", env=self.environment)
        wait_until(lambda: is_listened_on(self.address[1]), 20, f"{self.how} listens", every=0.001)
        wait_until(lambda: children_of(process.pid), 20, f"{self.how} has started its workers")
        return process

    def restart(self) -> None:
        """As `systemctl restart` does."""
        self.process.stop(30)
        end_all(self.environment[MARK])
        self.process = self.spawn()

    def end_a_worker(self, number: int) -> None:
        end_some_child(self.process.pid, number)


def tell(stage: Stage, application: Application, prepared: Prepared, requests: int, seed: int) -> Figures:
    spawned = Spawned(stage, application, prepared)
    figures = Figures(application.name, spawned.how)
    try:
        server = web.start(stage, [spawned.address], prepared.web)
        headers = prepared.sign_in(server.port) if prepared.sign_in else {}
        asking = Asking(application, server.port, CLIENTS, headers, seed)
        asking.reach(requests // 8)
        spawned.restart()
        first_kill = kill_at(asking, requests * 3 // 8, spawned, signal.SIGKILL)
        kill_at(asking, requests * 3 // 4, spawned, signal.SIGSEGV)
        answers = asking.finish(requests)
    finally:
        spawned.process.stop(30)
        end_all(str(stage.directory))
    figures.requests, figures.slowest_ms = len(answers) + prepared.signed_in_by, slowest_ms(answers)
    losses = failed(answers)
    # The restart was long before.
    figures.lost_by_kills = sum(loss.began + loss.seconds > first_kill for loss in losses)
    figures.lost_otherwise = len(losses) - figures.lost_by_kills
    return figures


def kill_at(asking: Asking, count: int, spawned: Spawned, number: int) -> float:
    """When it was."""
    asking.reach(count)
    at = time.time()
    spawned.end_a_worker(number)
    return at
