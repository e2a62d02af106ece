"""The table of docs/balancers.md, made of the rows."""

import subprocess
from pathlib import Path

from cells.cell import HANDOVERS, TRIGGERS, Cell, all_cells, exemption

BEGIN, END = "<!-- measured: tests/balancer/matrix --table -->", "<!-- end of what is measured -->"
VERSIONS = {"lighttpd": ["/usr/sbin/lighttpd", "-v"], "nginx": ["/usr/sbin/nginx", "-v"],
            "haproxy": ["/usr/sbin/haproxy", "-v"], "apache": ["/usr/sbin/apache2", "-v"]}
HEAD = """\
| balancer | settings | socket | handover | lost / requests | recycles | p50 ms | worst ms | |
|---|---|---|---|---|---|---|---|---|
"""


def version(balancer: str) -> str:
    said = subprocess.run(VERSIONS[balancer], capture_output=True, text=True, check=True)
    words = (said.stdout + said.stderr).replace("/", " ").split()
    return next(word for word in words if word[0].isdigit()).partition("-")[0]


def worst(name: str, found: list[dict]) -> str:
    most = max(each[name] for each in found)
    return f"{most:.0f}" if most else "-"  # nothing was answered


def together(cells: list[Cell], rows: dict[str, dict]) -> str | None:
    """One line for the triggers of the same balancer, settings, socket and handover; None: nothing was measured."""
    found = [rows[cell.name] for cell in cells if cell.name in rows]
    if not found:
        return None
    first, exempt = cells[0], exemption(cells[0])
    usual = [row["baseline"] for row in found]
    lost, asked = sum(row["failures"] for row in found), sum(row["requests"] for row in found)
    remarks = [] if exempt is None else [f"not promised: `{exempt.rule}`"]
    if before := sum(each["failures"] for each in usual):
        remarks.append(f"{before} lost without recycles")
    if missing := [cell.trigger for cell in cells if cell.name not in rows]:
        remarks.append(f"not measured by {' and '.join(missing)}")
    return (f"| {first.balancer} | {first.settings} | {first.sockets} | {first.handover} | {lost:,} / {asked:,} | "
            f"{sum(row['recycles'] for row in found):,} | {worst('p50_ms', found)} ({worst('p50_ms', usual)}) | "
            f"{worst('max_ms', found)} ({worst('max_ms', usual)}) | {'; '.join(remarks)} |\n")


def promised(rows: dict[str, dict]) -> str:
    found = [rows[cell.name] for cell in all_cells() if cell.name in rows and not exemption(cell)]
    lost, asked, recycles = (sum(row[name] for row in found) for name in ("failures", "requests", "recycles"))
    return f"Of what is promised: {asked:,} requests, {recycles:,} recycles, {lost:,} lost."


def table(rows: dict[str, dict]) -> str:
    groups: dict[tuple, list[Cell]] = {}
    for cell in sorted(all_cells(), key=lambda cell: (cell.sockets, HANDOVERS.index(cell.handover), TRIGGERS.index(cell.trigger))):
        groups.setdefault((cell.balancer, cell.settings, cell.sockets, cell.handover), []).append(cell)
    lines = [line for cells in groups.values() if (line := together(cells, rows))]
    kernels = ", ".join(sorted({row["kernel"].partition("-")[0] for row in rows.values()}))
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"Two cores, Linux {kernels}, {versions}. {promised(rows)}\n\n{HEAD}{''.join(lines)}"


def write_table(file: Path, rows: dict[str, dict]) -> None:
    text = file.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"{file} lacks {BEGIN!r} or {END!r}"
    file.write_text(f"{before}{BEGIN}\n{table(rows)}{END}{after}")
