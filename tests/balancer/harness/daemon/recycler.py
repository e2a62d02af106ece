# SPDX-License-Identifier: MIT
"""recyclerd on a policy of the test's own, and what recyclerctl says about it."""

import json
import os
import subprocess
from pathlib import Path

from harness import machine
from harness.daemon.policy import merged, to_toml
from harness.processes import children_of, leads_a_session, name_of, wait_until
from harness.stage import Stage

CONTROLLER_NAME = "recycler-controller"[:15]


class Refused(Exception):
    """recyclerctl did not exit 0."""

    def __init__(self, status: int, sentence: str):
        super().__init__(f"recyclerctl: exit {status}: {sentence.strip()}")
        self.status = status
        self.sentence = sentence


def base_policy(first_port: int, count: int, host: str = "127.0.0.1") -> dict:
    """`count` libfcgi workers; everything else as a user would have it who wrote only this."""
    shown = f"[{host}]" if ":" in host else host
    app = {"name": f"story-{first_port}", "command": [str(machine.TEST_PROGRAMS / "app")],
           "listen": f"{shown}:{first_port}-{first_port + count - 1}"}
    if machine.worker_user():
        app["user"] = machine.worker_user()
    policy = {"app": app}
    if not machine.is_root() or machine.memory_controller() is None:
        policy["memory"] = {"enforcement": "preferred"}
    return policy


class Recycler:
    """One daemon. `count` slots on neighbouring ports, from `first_port` or from some free one, or on unix sockets in the folder
    `sockets`; `changes` are laid over base_policy()."""

    def __init__(self, stage: Stage, count: int, changes: dict | None = None, host: str = "127.0.0.1", prefix=(),
                 first_port: int | None = None, flags=(), sockets: Path | None = None):
        self.stage = stage
        self.host = host
        self.first_port = first_port or machine.free_ports(count, host)
        self.count = count
        self.sockets = sockets
        base = base_policy(self.first_port, count, host)
        if sockets:
            base["app"] |= {"listen": f"unix:{sockets}/%s.sock", "workers": count}
        self.policy = merged(base, changes or {})
        self.app = self.policy["app"]["name"]
        self.report_file = stage.path(f"{self.app}.jsonl")
        self.policy = merged(self.policy, {"report": {"file": str(self.report_file)}})
        self.policy_file = stage.path(f"{self.app}.toml")
        self.environment = dict(os.environ, RECYCLER_RUNTIME_DIR=str(stage.path("run")))
        self.prefix = list(prefix)  # words in front of the daemon's command: setpriv ..., unshare ...
        self.flags = list(flags)  # words between it and its policy: --dry-run
        self.daemon = machine.PROGRAMS / "recyclerd"
        self.process = None

    @property
    def slots(self) -> list[str]:
        return [f"{i}.sock" if self.sockets else str(self.first_port + i) for i in range(self.count)]

    @property
    def addresses(self) -> list:
        """(host, port) pairs, or paths of sockets."""
        return [f"{self.sockets}/{i}.sock" if self.sockets else (self.host, self.first_port + i) for i in range(self.count)]

    def write_policy(self, changes: dict | None = None) -> None:
        self.policy = merged(self.policy, changes or {})
        self.policy_file.write_text(to_toml(self.policy))

    def launch(self, **options) -> "Recycler":
        """Starts the daemon and waits for nothing; `options` are Process's."""
        self.write_policy()
        # A mode wide enough for the workers' user to enter, as /run/recycler has it.
        self.stage.path("run").mkdir(mode=0o755, exist_ok=True)
        argv = [*self.prefix, self.daemon, *self.flags, self.policy_file]
        # A stop drains: the longest request that a story runs must fit.
        self.process = self.stage.start(argv, f"{self.app}.recyclerd", env=self.environment, **options)
        return self

    def start(self, seconds: float = 60) -> "Recycler":
        """Starts the daemon and waits until each slot has a serving worker behind an open gate."""
        self.launch()
        wait_until(self.all_serving, seconds, f"every slot of {self.app} serves: {self.process.output()[-2000:]}")
        return self

    def all_serving(self) -> bool:
        if not self.process.running():
            raise AssertionError(f"recyclerd ended with {self.process.wait(0)}: {self.process.output()[-2000:]}")
        try:
            slots = self.status()["slots"]
        except Refused:
            return False
        return len(slots) == self.count and all(self.serves(slot) for slot in slots)

    @staticmethod
    def serves(slot: dict) -> bool:
        # A gate that this machine cannot close is "unavailable", and open.
        return (slot["state"] == "serving" and slot["gate"] != "closed"
                and (slot["worker"] or {}).get("state") == "serving")

    def ctl(self, *words, seconds: float = 60, prefix=()) -> str:
        """Runs recyclerctl, behind the words of `prefix`; its output, or Refused."""
        argv = [*prefix, str(machine.PROGRAMS / "recyclerctl"), "--app", self.app, *map(str, words)]
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=seconds)
        if done.returncode != 0:
            raise Refused(done.returncode, done.stderr + done.stdout)
        return done.stdout

    def status(self) -> dict:
        return json.loads(self.ctl("--json", "status"))

    def slot(self, name: str) -> dict:
        return next(slot for slot in self.status()["slots"] if slot["slot"] == name)

    def why(self) -> list[dict]:
        """The records, newest first."""
        return _objects(self.ctl("--json", "why"))

    def events(self) -> list[dict]:
        return _objects(self.ctl("--json", "events"))

    def report(self) -> list[dict]:
        """Every line of the report file, oldest first; one that is still being written is none yet."""
        if not self.report_file.exists():
            return []
        return [json.loads(line) for line in self.report_file.read_text().rpartition("\n")[0].splitlines()]

    def ends(self) -> list[dict]:
        """The death records of the report file, oldest first."""
        return [line for line in self.report() if "kind" in line]

    def wait_end(self, slot: str, seconds: float = 30, after: int = 0) -> dict:
        """The record number `after` (from 0) of the slot, once it is in the report file."""
        def found():
            records = [record for record in self.ends() if record["slot"] == slot]
            return records[after] if len(records) > after else None
        return wait_until(found, seconds, f"record {after} of slot {slot}")

    def wait_serving(self, slot: str, generation: int, seconds: float = 30) -> dict:
        """The slot, once its worker is of at least that generation and serves."""
        def serving():
            now = self.slot(slot)
            return now if self.serves(now) and now["worker"]["generation"] >= generation else None
        return wait_until(serving, seconds, f"generation {generation} of slot {slot} serves")

    def wait_recorded(self, seconds: float = 20) -> None:
        """Until each worker that was started and is no more has its record, and the totals count it. A slot serves again before
        that: the dead can wait."""
        def recorded() -> bool:
            lines = self.report()
            since = max((number for number, line in enumerate(lines) if line.get("event") == "app-started"), default=0)
            started = {(line["slot"], line["generation"]) for line in lines[since:] if line.get("event") == "started"}
            ends = [(line["slot"], line["generation"]) for line in lines[since:] if "kind" in line]
            status = self.status()
            living = {(slot["slot"], slot[place]["generation"]) for slot in status["slots"] for place in ["worker", "next"] if slot[place]}
            return started - living <= set(ends) and sum(status["totals"]["ends"].values()) == len(ends)
        wait_until(recorded, seconds, f"each end has its record, and is counted: {len(self.ends())} records")

    def controller(self) -> int | None:
        """The controller's pid as the kernel knows it, so also while it does not answer."""
        # What one that was killed had forked is the keeper's child by now, and no leader of a session.
        found = [pid for pid in children_of(self.process.pid) if name_of(pid) == CONTROLLER_NAME and leads_a_session(pid)]
        return found[0] if found else None

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; the daemon's exit status."""
        self.process.signal(self.process.stop_signal)
        status = self.process.wait(seconds)
        assert status is not None, f"recyclerd still runs {seconds:g} s after SIGTERM: {self.process.output()[-2000:]}"
        return status

    def worker_pids(self) -> list[int]:
        workers = [slot[place] for slot in self.status()["slots"] for place in ["worker", "next"] if slot[place]]
        return [worker["pid"] for worker in workers if worker["pid"]]


def _objects(text: str) -> list[dict]:
    """One JSON array, or one object a line."""
    text = text.strip()
    if text.startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines()]
