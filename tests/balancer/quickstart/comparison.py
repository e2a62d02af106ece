"""Both runs side by side. Pure: facts in, lines out."""

from quickstart import shop
from quickstart.plain import Plain
from quickstart.play import Facts
from quickstart.summary import Account, mib


def side_by_side(plain: Plain, facts: Facts, account: Account) -> list[str]:
    own = account.facts
    with_deaths = len(account.losses) - len(account.by_recycler())
    rows = [
        ("", "plain spawner", "Recycler"),
        ("requests asked", f"{facts.sent:,}", f"{own.sent:,}"),
        ("answers lost", f"{len(facts.lost)}", f"{len(own.lost)}"),
        ("  with a worker that died", "?", f"{with_deaths}"),
        ("  by the keeper of the workers", "?", f"{len(account.by_recycler())}"),
        ("slowest answer", f"{facts.worst_ms:,.0f} ms", f"{own.worst_ms:,.0f} ms"),
        ("highest bloat of a worker", mib(plain.highest.largest), mib(account.highest.largest)),
        (f"highest of all {shop.WORKERS} together", mib(plain.highest.together), mib(account.highest.together)),
        ("workers retired for their size", f"{plain.cron_kills} by kill", f"{account.recycles.get('memory', 0)} drained"),
        ("deaths", f"{len(plain.deaths)} seen", f"{len(account.deaths)}"),
        ("deaths explained", "0", f"{len(account.deaths) - len(account.faults)}"),
        ("slots without a worker at the end", f"{plain.gone()}", "0"),
    ]
    return [f"{name:34}{one:>18}{other:>18}".rstrip() for name, one, other in rows]
