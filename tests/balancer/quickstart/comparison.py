# SPDX-License-Identifier: MIT
"""Both runs side by side. Pure: facts in, lines out."""

from quickstart import shop
from quickstart.plain import Outcome
from quickstart.runner import Facts
from quickstart.summary import Account, mib


def _hang(facts: Facts) -> str:
    hung = next((answer for answer in facts.lost if answer["uri"].startswith("/hang")), None)
    if hung is None:
        return "it was answered"
    return f"{hung['seconds']:.0f} s" + (", by its client" if hung["fault"] == "timeout" else "")


def side_by_side(plain: Outcome, facts: Facts, account: Account) -> list[str]:
    own = account.facts
    explained = len(account.deaths) - len(account.faults)
    rows = [
        ("", "plain spawner", "Recycler"),
        ("requests asked", f"{facts.sent:,}", f"{own.sent:,}"),
        ("answers lost", f"{len(facts.lost):,}", f"{len(own.lost):,}"),
        ("  by its own decisions", "unknown", f"{len(account.by_recycler())}"),
        ("slowest answer", f"{facts.worst_ms:,.0f} ms", f"{own.worst_ms:,.0f} ms"),
        ("highest bloat of one worker", mib(plain.highest.largest),
         mib(max([account.highest.largest, *account.stopped_by_limit()]))),
        (f"highest bloat of all {shop.WORKERS}", mib(plain.highest.together), mib(account.highest.together)),
        ("ended for their size", f"{plain.ended_by_cron} by cron", f"{account.recycles.get('memory', 0)} recycled"),
        ("other deaths", f"{plain.other_deaths}", f"{len(account.deaths)}"),
        ("  explained", "0, a wait status each", f"{max(0, explained)}"),
        ("the request that hung was ended after", _hang(facts), _hang(own)),
        ("ports without a worker at the end", f"{plain.gone}", "0"),
    ]
    return [f"{name:38}{one:>22}{other:>16}".rstrip() for name, one, other in rows]
