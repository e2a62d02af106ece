# SPDX-License-Identifier: MIT
"""The three things that quickstart can show: the run, the comparison with a plain spawner, and a stand that stays up."""

import contextlib
import signal
from dataclasses import dataclass

from harness.daemon.policy import to_toml
from harness.processes import wait_until
from harness.stage import Stage
from quickstart import plain, shop
from quickstart.comparison import side_by_side
from quickstart.losses import join, judge
from quickstart.plain import Plain
from quickstart.runner import Facts, Runner
from quickstart.recycled import EXPECTED_ENDS, Recycled
from quickstart.screen import Screen
from quickstart.serving import what_to_try
from quickstart.summary import Account, lines


@dataclass(frozen=True)
class Wish:
    seconds: float
    first_port: int
    web_port: int


def _wait_for_the_end() -> None:
    ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    print("Stopping ...", flush=True)


def _counted(stand: Recycled, right: int) -> int:
    """What Recycler has counted, once it agrees with the clients; else what it says after a while."""
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: stand.recycler.status()["totals"]["requests"] == right, 5, "the counts agree")
    return stand.recycler.status()["totals"]["requests"]


def _account(stand: Recycled, facts: Facts) -> Account:
    counted = _counted(stand, facts.right)
    records = stand.records()
    at_end = [record["memory"]["bloat"] or 0 for record in records if record["verdict"] == "recycled"]
    deaths = [record for record in records if record["verdict"] not in EXPECTED_ENDS]
    return Account(facts=facts, losses=join(facts.lost, records, stand.web.unanswered()), deaths=deaths, counted=counted,
                   highest=stand.highest, recycled_at=max(at_end, default=0), enforced=stand.enforces_limits(),
                   recycles=stand.recycler.status()["totals"]["recycles"], own_memory=stand.own_memory(),
                   own_cpu=stand.own_cpu(), faults=judge(records, facts.expected))


def _recycled(stage: Stage, wish: Wish) -> Recycled:
    stand = Recycled(stage, wish.first_port, wish.web_port)
    for sentence in stand.limitations():
        print(f"Note: {sentence}")
    return stand


def _run(stage: Stage, stand: Recycled, wish: Wish) -> Account:
    print(f"{shop.WORKERS} Ruby workers on ports {wish.first_port}-{wish.first_port + shop.WORKERS - 1} behind lighttpd, "
          f"{stand.web.url}.\n{sum(route.clients for route in shop.ROUTES)} clients for {wish.seconds:g} s, every answer "
          "checked, and one mishap after another:\n", flush=True)
    return _account(stand, Runner(stage, stand, wish.seconds, Screen()).run())


def show(wish: Wish, stays: bool) -> bool:
    """The run, unless it shall take no time; then, if it stays, the stand until somebody ends it."""
    with Stage() as stage:
        right = True
        stand = _recycled(stage, wish)
        if wish.seconds > 0:
            account = _run(stage, stand, wish)
            print("\n" + "\n".join(lines(account)), flush=True)
            right = account.right()
        if stays:
            print("\n" + what_to_try(stand.recycler, stand.web), flush=True)
            _wait_for_the_end()
        assert stand.recycler.stop() == 0, f"recyclerd did not stop as it should: {stand.recycler.process.output()[-2000:]}"
        return right


def compare(wish: Wish) -> bool:
    """First the plain spawner, then Recycler: the same load, the same mishaps, one after the other on the same ports."""
    with Stage() as stage:
        print(f"First a plain spawner:\n{plain.WHAT_IT_DOES}\n", flush=True)
        before = Plain(stage, wish.first_port, wish.web_port)
        facts = Runner(stage, before, wish.seconds, Screen()).run()
        outcome = before.outcome()
    with Stage() as stage:
        print("\nThen Recycler, with this policy:\n")
        stand = _recycled(stage, wish)
        print(to_toml(stand.recycler.policy))
        account = _run(stage, stand, wish)
        print("\n" + "\n".join(lines(account)))
        print("\n" + "\n".join(side_by_side(outcome, facts, account)), flush=True)
        assert stand.recycler.stop() == 0, f"recyclerd did not stop as it should: {stand.recycler.process.output()[-2000:]}"
        return account.right()
