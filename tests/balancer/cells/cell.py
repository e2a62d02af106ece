# SPDX-License-Identifier: MIT
"""What is measured, as a list, and what of it is promised."""

from dataclasses import dataclass

from harness.servers.snippets import BEYOND_DEFAULT, KEEPING

BALANCERS = ["lighttpd", "nginx", "haproxy", "apache"]
HANDOVERS = ["overlap", "queue", "close", "auto"]
TRIGGERS = ["requests", "memory", "operator"]
# The workers to which connections are kept: the program, and its threads or children. Children are asked in turns: nothing rests in
# them.
KEPT = [("C", 1), ("C", 24), ("PHP", 3)]


@dataclass(frozen=True)
class Cell:
    balancer: str
    settings: str  # "default", "recommended", or "keeping": connections to the workers
    handover: str
    trigger: str
    sockets: str = "tcp"  # or "unix"
    program: str = "C"  # or "PHP"
    threads: int = 1  # of each worker, or children

    @property
    def name(self) -> str:
        name = f"{self.balancer} {self.settings} {self.handover} {self.trigger} {self.sockets}"
        return name if self.threads == 1 else f"{name} {self.workers}"

    @property
    def workers(self) -> str:
        if self.program == "PHP":
            return f"PHP with {self.threads} children"
        return "C" if self.threads == 1 else f"C with {self.threads} threads"

    @property
    def keeps(self) -> bool:
        return self.settings == "keeping"

    @property
    def slow(self) -> bool:
        """A refused worker stays out for seconds, and capacity.settle waits for it: there are few recycles a minute."""
        return self.handover == "close" and (self.balancer in ("lighttpd", "apache") or self.settings == "default")


@dataclass(frozen=True)
class Exempt:
    """Cells that are not promised: those whose name holds each of `words`. Why, and the rule by which lint says so."""
    words: tuple[str, ...]
    rule: str
    why: str

    def covers(self, cell: Cell) -> bool:
        return set(self.words) <= set(cell.name.split())


NOT_PROMISED = [
    Exempt(("nginx", "default", "close"), "nginx-ban-time",
           "nginx waits 10 s before it tries a worker again that refused one connection, and soon tries none: 502"),
    Exempt(("haproxy", "default", "close"), "haproxy-no-redispatch",
           "HAProxy repeats a refused connection at the same worker, once a second: 503"),
]


def exemption(cell: Cell) -> Exempt | None:
    return next((each for each in NOT_PROMISED if each.covers(cell)), None)


def settings_of(balancer: str) -> list[str]:
    """Where nothing is to be set the default is what we recommend."""
    return ["default", "recommended"] if BEYOND_DEFAULT[balancer] else ["default"]


def all_cells() -> list[Cell]:
    tcp = [Cell(balancer, settings, handover, trigger) for handover in HANDOVERS for trigger in TRIGGERS
           for balancer in BALANCERS for settings in settings_of(balancer)]
    local = [Cell(balancer, settings_of(balancer)[-1], handover, "operator", "unix") for handover in HANDOVERS[:3]
             for balancer in BALANCERS]
    kept = [Cell(balancer, "keeping", handover, "operator", sockets, program, threads) for program, threads in KEPT
            for sockets in ("tcp", "unix") for handover in HANDOVERS[:3] for balancer in KEEPING]
    return tcp + local + kept
