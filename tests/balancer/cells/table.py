# SPDX-License-Identifier: MIT
"""The table of docs/balancers.md, made of the rows."""

import subprocess
from pathlib import Path

from cells.cell import HANDOVERS, TRIGGERS, Cell, all_cells, exemption

BEGIN, END = "<!-- measured: tests/balancer/matrix --table -->", "<!-- end of what is measured -->"
BEGIN_KEPT, END_KEPT = "<!-- measured with kept connections: tests/balancer/matrix --table -->", "<!-- end of kept -->"
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


HEAD_KEPT = """\
| balancer | workers | socket | handover | lost / requests | recycles | p50 ms | worst ms |
|---|---|---|---|---|---|---|---|
"""


def kept_line(cell: Cell, row: dict) -> str:
    usual = row["baseline"]
    return (f"| {cell.balancer} | {cell.workers} | {cell.sockets} | {cell.handover} | {row['failures']:,} / {row['requests']:,} | "
            f"{row['recycles']:,} | {worst('p50_ms', [row])} ({worst('p50_ms', [usual])}) | {worst('max_ms', [row])} "
            f"({worst('max_ms', [usual])}) |\n")


def kept_table(rows: dict[str, dict]) -> str:
    cells = [cell for cell in all_cells() if cell.keeps and cell.name in rows]
    return f"{machine_of(rows)}\n\n{HEAD_KEPT}{''.join(kept_line(cell, rows[cell.name]) for cell in cells)}"


def machine_of(rows: dict[str, dict]) -> str:
    kernels = ", ".join(sorted({row["kernel"].partition("-")[0] for row in rows.values()}))
    return f"Two cores, Linux {kernels}, " + ", ".join(f"{name} {version(name)}" for name in VERSIONS) + "."


def promised(rows: dict[str, dict]) -> str:
    found = [rows[cell.name] for cell in all_cells() if cell.name in rows and not exemption(cell) and not cell.keeps]
    lost, asked, recycles = (sum(row[name] for row in found) for name in ("failures", "requests", "recycles"))
    return f"All promised lines together: {asked:,} requests, {recycles:,} recycles, {lost:,} lost."


def table(rows: dict[str, dict]) -> str:
    groups: dict[tuple, list[Cell]] = {}
    shown = [cell for cell in all_cells() if not cell.keeps]
    for cell in sorted(shown, key=lambda cell: (cell.sockets, HANDOVERS.index(cell.handover), TRIGGERS.index(cell.trigger))):
        groups.setdefault((cell.balancer, cell.settings, cell.sockets, cell.handover), []).append(cell)
    lines = [line for cells in groups.values() if (line := together(cells, rows))]
    return f"{machine_of(rows)} {promised(rows)}\n\n{HEAD}{''.join(lines)}"


def put_between(file: Path, first: str, last: str, text: str) -> None:
    before, begin, rest = file.read_text().partition(first)
    _, end, after = rest.partition(last)
    assert begin and end, f"{file} lacks {first!r} or {last!r}"
    file.write_text(f"{before}{first}\n{text}{last}{after}")


def write_table(file: Path, rows: dict[str, dict]) -> None:
    """Of the two tables those for which there are rows."""
    kept = [cell.name for cell in all_cells() if cell.keeps and cell.name in rows]
    if kept:
        put_between(file, BEGIN_KEPT, END_KEPT, kept_table({name: rows[name] for name in kept}))
    if rows.keys() - set(kept):
        put_between(file, BEGIN, END, table({name: row for name, row in rows.items() if name not in kept}))
