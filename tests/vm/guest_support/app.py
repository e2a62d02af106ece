# SPDX-License-Identifier: MIT
"""One app as systemd runs it: its policy, its unit, what recyclerctl says about it, its cgroups."""

import json
import shutil
from pathlib import Path

from guest import CGROUPS, PATIENCE_S, Refused, need_package, run, systemctl, unit
from harness.processes import children_of, name_of, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stage import Stage

CONTROLLER_NAME = "recycler-controller"[:15]


def serves(slot: dict) -> bool:
    return slot["state"] == "serving" and slot["gate"] == "open" and (slot["worker"] or {}).get("state") == "serving"


class App:
    """`policy`: a file beside the story; the name of the app is its stem. What was started is stopped with the stage."""

    def __init__(self, stage: Stage, policy: str):
        need_package()
        self.stage = stage
        self.name = Path(policy).stem
        self.unit = f"recycler@{self.name}.service"
        self.policy_file = Path("/etc/recycler") / f"{self.name}.toml"
        self.cgroup = CGROUPS / "recycler.slice" / self.unit
        self.write(Path(policy).read_text())

    def write(self, policy: str) -> None:
        self.policy_file.write_text(policy)

    def start(self) -> "App":
        """Returns when systemd says that it is up."""
        # By pattern: that there is nothing to stop, since the package is gone, is no error then.
        self.stage.callback(systemctl, "stop", f"recycler@{self.name}.*")
        systemctl("start", self.unit)
        return self

    def ctl(self, *words) -> str:
        return run("recyclerctl", "--app", self.name, *words)

    def status(self) -> dict:
        return json.loads(self.ctl("--json", "status"))

    def slots(self) -> dict[str, dict]:
        return {slot["slot"]: slot for slot in self.status()["slots"]}

    def ends(self) -> list[dict]:
        """The records, oldest first."""
        return [json.loads(line) for line in self.ctl("--json", "why").splitlines()][::-1]

    def pids(self) -> dict[str, int]:
        """Of the workers, by slot."""
        return {name: slot["worker"]["pid"] for name, slot in self.slots().items() if slot["worker"]}

    def all_serve(self) -> bool:
        try:
            return all(serves(slot) for slot in self.slots().values())
        except Refused:
            return False

    def wait_serving(self) -> None:
        wait_until(self.all_serve, PATIENCE_S, f"every slot of {self.name} serves", every=0.5)

    def wait_end(self, slot: str, after: int = 0) -> dict:
        """The record number `after` (from 0) of that slot."""
        def found():
            records = [record for record in self.ends() if record["slot"] == slot]
            return records[after] if len(records) > after else None
        return wait_until(found, PATIENCE_S, f"record {after} of slot {slot}", every=0.5)

    def keeper(self) -> int:
        return int(unit(self.unit, "MainPID")["MainPID"])

    def controller(self) -> int | None:
        found = [pid for pid in children_of(self.keeper()) if name_of(pid) == CONTROLLER_NAME]
        return found[0] if found else None

    def worker_cgroup(self, worker: dict) -> Path:
        return CGROUPS / worker["cgroup"].lstrip("/")

    def addresses(self) -> list[tuple[str, int]]:
        return [("127.0.0.1", int(name)) for name in self.slots()]

    def behind_lighttpd(self) -> Lighttpd:
        return Lighttpd(self.stage, self.addresses())


def tidy_report() -> None:
    """No story reads what an earlier one left."""
    shutil.rmtree("/var/lib/recycler", ignore_errors=True)
