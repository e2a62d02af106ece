# SPDX-License-Identifier: MIT
"""A keeper as it was when it spoke protocol 3 and nothing else: it starts today's controller and real workers, holds what it is given,
and gives it to the next controller. What it cannot do: system call filters, limits of a process, and keeping what workers write."""

import os
import select
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

from harness import machine
from harness.daemon.recycler import Recycler
from harness.former import protocol_3
from harness.former.protocol_3 import Message

RUNNING, EXITED = 2, 4
TASKS = 2  # the placement by cgroup v1's files


@dataclass
class Worker:
    id: tuple[int, int, int]
    process: subprocess.Popen
    pidfd: int
    page: int
    ring: int
    launched_at: int
    exit: tuple | None = None


class FormerKeeper:
    """`said` has the name of each message that the controller sent, in order."""

    def __init__(self, recycler: Recycler):
        self.recycler = recycler
        self.deposits: dict[tuple, tuple[bytes, int]] = {}
        self.workers: dict[tuple, Worker] = {}
        self.said: list[str] = []
        self.starts = 0
        self.quit_code: int | None = None
        self.fault: BaseException | None = None
        self._stop = threading.Event()
        self.start_controller()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def start_controller(self) -> None:
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = dict(self.recycler.environment, RECYCLER_KEEPER=str(theirs.fileno()))
        argv = [machine.PROGRAMS / "recycler-controller", self.recycler.policy_file]
        with open(self.recycler.stage.path("controller.log"), "ab") as log:
            self.controller = subprocess.Popen(argv, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                                               stdout=log, stderr=log)
        theirs.close()
        self.starts += 1

    def kill_controller(self) -> None:
        """kill -9; the next one is started as soon as its end of the link is closed."""
        self.controller.kill()

    def signal(self, number: int) -> None:
        protocol_3.send(self.link, "signal_received", number, 0)

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        for process in [self.controller, *(worker.process for worker in self.workers.values())]:
            process.kill()
            process.wait()

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and self.quit_code is None:
                self._turn()
        except BaseException as fault:
            self.fault = fault
            raise

    def _turn(self) -> None:
        alive = {worker.pidfd: worker for worker in self.workers.values() if worker.exit is None}
        ready, _, _ = select.select([self.link, *alive], [], [], 0.1)
        for pidfd in set(ready) & set(alive):
            self._reap(alive[pidfd])
        if self.link in ready:
            message = protocol_3.receive(self.link)
            if message is None:
                self.controller.wait()
                self.link.close()
                self.start_controller()
            else:
                self.said.append(message.name)
                answer = getattr(self, f"_on_{message.name}", None)
                if answer:
                    answer(message)

    def _reap(self, worker: Worker) -> None:
        status = worker.process.wait()
        code, number = (os.CLD_KILLED, -status) if status < 0 else (os.CLD_EXITED, status)
        worker.exit = (code, number, time.monotonic_ns(), 0, 0)
        protocol_3.send(self.link, "exited", *worker.id, worker.process.pid, 0, *worker.exit)

    def _on_hello(self, message: Message) -> None:
        oldest, newest, _, _ = message.fields
        assert oldest <= protocol_3.PROTOCOL <= newest, str(message)
        protocol_3.send(self.link, "welcome", os.getpid(), len(self.deposits), len(self.workers), self.starts - 1, b"former")
        for key, (aux, fd) in self.deposits.items():
            protocol_3.send(self.link, "replay_deposit", *key, aux, fds=[fd])
        for worker in self.workers.values():
            state = RUNNING if worker.exit is None else EXITED
            protocol_3.send(self.link, "replay_worker", *worker.id, worker.process.pid, state, 0, 0, 0, worker.launched_at,
                            worker.launched_at, *(worker.exit or (0, 0, 0, 0, 0)), fds=[worker.page, worker.ring, worker.pidfd])
        protocol_3.send(self.link, "replay_done")

    def _on_deposit(self, message: Message) -> None:
        *key, aux = message.fields
        (fd,) = message.fds
        self._on_withdraw(Message("withdraw", tuple(key)))
        self.deposits[tuple(key)] = (aux, fd)

    def _on_withdraw(self, message: Message) -> None:
        if message.fields in self.deposits:
            os.close(self.deposits.pop(message.fields)[1])

    def _on_launch(self, message: Message) -> None:
        *identity, placement, placements, _ = message.fields
        plan_fd, listener, page, ring, *places = message.fds
        assert len(places) == placements, str(message)
        plan = protocol_3.plan_in(plan_fd)
        options = {}
        if plan.identity:
            options = {"user": plan.identity[0], "group": plan.identity[1], "extra_groups": plan.identity[2]}

        def join_cgroups() -> None:
            for place in places if placement == TASKS else []:
                os.write(place, b"0")
        os.dup2(page, plan.page_fd)
        launched_at = time.monotonic_ns()
        process = subprocess.Popen(plan.arguments, executable=plan.programs[0], env=plan.environment, cwd=plan.directory,
                                   umask=plan.umask, stdin=listener, pass_fds=[plan.page_fd], preexec_fn=join_cgroups, **options)
        worker = Worker(tuple(identity), process, os.pidfd_open(process.pid), page, ring, launched_at)
        self.workers[worker.id] = worker
        for fd in [plan_fd, listener, plan.page_fd, *places]:
            os.close(fd)
        protocol_3.send(self.link, "launched", *worker.id, process.pid, 0, launched_at, launched_at, fds=[worker.pidfd])

    def _on_forget(self, message: Message) -> None:
        worker = self.workers.pop(message.fields)
        for fd in [worker.pidfd, worker.page, worker.ring]:
            os.close(fd)

    def _on_quit(self, message: Message) -> None:
        self.quit_code = message.fields[0]
