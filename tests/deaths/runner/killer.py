# SPDX-License-Identifier: MIT
"""The process that sends signals from outside: a shell that stays, so that it can be named."""

import subprocess
import threading

WORDS = "while read -r number pids; do kill -$number $pids; echo sent; done"


class Killer:
    def __enter__(self):
        self._shell = subprocess.Popen(["/bin/sh", "-c", WORDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        self._turn = threading.Lock()
        self.pid = self._shell.pid
        return self

    def __exit__(self, *_):
        self._shell.stdin.close()
        self._shell.stdout.close()
        self._shell.wait(20)

    def send(self, number: int, *pids: int) -> None:
        """With one kill; returns when it is done."""
        with self._turn:
            self._shell.stdin.write(f"{int(number)} {' '.join(map(str, pids))}\n")
            self._shell.stdin.flush()
            assert self._shell.stdout.readline() == "sent\n", "the killer is gone"
