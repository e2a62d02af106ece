# SPDX-License-Identifier: MIT
"""An app of two workers behind one real balancer, with clients that ask all the time, in a network of their own."""

import http.client
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import fronts
from harness import machine
from harness.daemon.policy import merged
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.balancers import Balancer
from harness.stage import Stage
from syslog_file import Syslog

POLICY = {"memory": {"max": "64MiB"}, "drain": {"stop_timeout": "1s"}}
PACE = 0.02  # seconds between two requests of a client


class Clients:
    """They ask one request after another, and count on no answer."""

    def __init__(self, port: int, path: str, count: int = 2):
        self.port, self.path = port, path
        self.answered = 0
        self._over, self._may, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._may.set()
        self._asking = 0
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        turn = 0
        while not self._over.is_set():
            with self._lock:
                self._asking += self._may.is_set()
                asks = self._may.is_set()
            if asks:
                turn += 1
                status = ask(self.port, f"{self.path}?nonce={number}.{turn}&sleep=2")
                with self._lock:
                    self.answered += status == 200
                    self._asking -= 1
            time.sleep(PACE)

    def pause(self) -> None:
        """Until none of their requests is under way."""
        self._may.clear()
        wait_until(lambda: self._asking == 0, 30, "the clients' requests are answered")

    def go_on(self) -> None:
        self._may.set()

    def wait_served(self, more: int = 10) -> None:
        """Until so many more are answered."""
        before = self.answered
        wait_until(lambda: self.answered >= before + more, 30, f"{more} more requests are answered")

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(40)


def ask(port: int, uri: str, seconds: float = 30) -> int:
    """The status; 0 if there was none, or less than a whole answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", uri, headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class Asked(threading.Thread):
    """One request in the background."""

    def __init__(self, port: int, uri: str):
        super().__init__(daemon=True)
        self.port, self.uri, self.status = port, uri, -1
        self.start()

    def run(self) -> None:
        self.status = ask(self.port, self.uri)


class Stand:
    def __init__(self, stage: Stage, name: str, app: str):
        self.stage, self.name, self.app = stage, name, app
        self.path = "/app"
        self.recycler: Recycler | None = None
        self.clients: Clients | None = None
        self.log_file: Path | None = None
        self.syslog: Syslog | None = None

    def start(self, changes: dict | None = None, settings: fronts.Settings = fronts.Settings(), host: str = "127.0.0.1",
              unix: bool = False, watched: bool = True) -> "Stand":
        """Workers, balancer and clients, once some requests have been answered."""
        return self.start_recycler(changes, host, unix, watched).start_balancer(settings)

    def start_recycler(self, changes: dict | None = None, host: str = "127.0.0.1", unix: bool = False, watched: bool = True) -> "Stand":
        """Of a daemon that is not watched the controller may stand still."""
        sockets = self.stage.path("sockets") if unix else None
        if sockets:
            sockets.mkdir(mode=0o755)
        policy = merged(merged(POLICY, {"app": {"name": self.app}}), changes or {})
        self.recycler = Recycler(self.stage, 2, policy, first_port=7000, host=host, sockets=sockets)
        self.recycler.environment |= {} if watched else {"RECYCLER_WATCHDOG": "0"}
        self.recycler.start()
        return self

    def start_balancer(self, settings: fronts.Settings, served: bool = True) -> "Stand":
        if self.name == "haproxy":
            self.syslog = Syslog(self.stage)
            settings = replace(settings, syslog=str(self.syslog.path))
        block = fronts.block(self.name, self.recycler.addresses, 8080, settings)
        self.log_file = self.stage.path("haproxy.log") if self.name == "haproxy" else self.stage.path(self.name) / "error.log"
        if self.name == "lighttpd" and settings.user:
            self.log_file = self.stage.path("lighttpd.log")
            self.log_file.touch()
            shutil.chown(self.log_file, settings.user)
        self.balancer = Balancer(self.stage, self.name, block, 8080, frame=fronts.frame(self.name, settings))
        self.clients = Clients(8080, self.path)
        if served:
            self.clients.wait_served()
        return self

    @property
    def port(self) -> int:
        return self.balancer.port

    @property
    def slots(self) -> list[str]:
        return self.recycler.slots

    def ask(self, query: str) -> Asked:
        """In the background."""
        return Asked(self.port, f"{self.path}?nonce=q&{query}")

    def ask_whole(self, query: str) -> int:
        asked = self.ask(query)
        asked.join()
        return asked.status

    def crooked(self) -> list[str]:
        """The command of a worker that answers wrongly."""
        script = Path(shutil.copy(Path(__file__).parent / "crooked.py", self.stage.path("crooked.py")))
        script.chmod(0o755)
        return ["/usr/bin/python3", "-B", str(script)]

    def worker(self, slot: str) -> str:
        """"7000.1": the one that it has now."""
        return f"{slot}.{self.recycler.slot(slot)['worker']['generation']}"

    def busy_slots(self) -> list[str]:
        return [slot["slot"] for slot in self.recycler.status()["slots"]
                if ((slot["worker"] or {}).get("requests") or {}).get("in_flight")]

    def wait_busy(self, count: int = 1) -> list[str]:
        """The slots that have a request, once there are so many of them."""
        return wait_until(lambda: (busy := self.busy_slots()) and len(busy) == count and busy, 20, f"{count} workers have a request")

    def ended(self, verdict: str) -> list[str]:
        """The workers that have ended so, once there is one and none is missing."""
        wait_until(lambda: self._of(verdict), 30, f"a worker ends as {verdict}")
        wait_until(self.recycler.all_serving, 30, "all serve again")
        self.recycler.wait_recorded()
        return self._of(verdict)

    def _of(self, verdict: str) -> list[str]:
        return [f"{end['slot']}.{end['generation']}" for end in self.recycler.ends() if end["verdict"] == verdict]

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file and self.log_file.exists() else ""

    def told(self, file: Path | None = None) -> list[str]:
        return fronts.told_lines(self.name, (file.read_text(errors="replace") if file else self.log()))

    def wait_told(self, more: int = 1) -> None:
        wait_until(lambda: len(self.told()) >= more, 20, f"{self.name} has written {more} lines of a fault")

    def finish(self) -> list[Path]:
        """The clients have their last answers, and the balancer has ended: its logs, which are whole."""
        self.clients.end()
        self.balancer.process.stop()
        if self.syslog:
            self.syslog.end()
        return [self.log_file, *([self.syslog.file] if self.syslog else [])]

    def _explain_words(self, log: Path) -> list[str]:
        words = ["explain", str(log)]
        if self.name == "haproxy":
            words += ["--haproxy", str(self.stage.path("haproxy") / "conf")]
        return words if self.recycler.process.running() else [*words, "--events", str(self.recycler.report_file)]

    def explain(self, log: Path) -> tuple[dict, str]:
        """What recyclerctl says: as JSON, and line by line. Without the daemon, it is told where the history is."""
        words = self._explain_words(log)
        return json.loads(self._ctl("--json", *words)), self._ctl(*words, "--lines")

    def _ctl(self, *words: str) -> str:
        argv = [str(machine.PROGRAMS / "recyclerctl"), "--app", self.app, *words]
        done = subprocess.run(argv, env=self.recycler.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"recyclerctl {' '.join(words)}: exit {done.returncode}: {done.stderr}"
        return done.stdout


def waiting_in_queue(port: int) -> int:
    """Connections that nobody has accepted yet."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port)


def asked_by_client(port: int, uri: str) -> socket.socket:
    """A client that has asked, and reads nothing; closing its connection resets it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {uri} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
    return client


def take_away(file: Path) -> None:
    """Nobody but root may open it."""
    os.chown(file, 0, 0)
    file.chmod(0o600)
