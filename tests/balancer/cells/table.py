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


def together(cells: list[Cell], rows: dict[str, dict]) -> str | None:
    """One line for the triggers of the same balancer, settings, socket and handover; None: nothing was measured."""
    found = [rows[cell.name] for cell in cells if cell.name in rows]
    if not found:
        return None
    first, exempt = cells[0], exemption(cells[0])
    usual = [row["baseline"] for row in found]
    without = f" ({max(each['p50_ms'] for each in usual):.0f})", f" ({max(each['max_ms'] for each in usual):.0f})"
    lost, asked = sum(row["failures"] for row in found), sum(row["requests"] for row in found)
    missing = [cell.trigger for cell in cells if cell.name not in rows]
    remark = "" if exempt is None else f"not promised: `{exempt.rule}`"
    if missing:
        remark = ", ".join([*([remark] if remark else []), f"not measured by {' and '.join(missing)}"])
    return (f"| {first.balancer} | {first.settings} | {first.sockets} | {first.handover} | {lost:,} / {asked:,} | "
            f"{sum(row['recycles'] for row in found):,} | {max(row['p50_ms'] for row in found):.0f}{without[0]} | "
            f"{max(row['max_ms'] for row in found):.0f}{without[1]} | {remark} |\n")


def table(rows: dict[str, dict]) -> str:
    groups: dict[tuple, list[Cell]] = {}
    for cell in sorted(all_cells(), key=lambda cell: (cell.sockets, HANDOVERS.index(cell.handover), TRIGGERS.index(cell.trigger))):
        groups.setdefault((cell.balancer, cell.settings, cell.sockets, cell.handover), []).append(cell)
    lines = [line for cells in groups.values() if (line := together(cells, rows))]
    kernels = ", ".join(sorted({row["kernel"].partition("-")[0] for row in rows.values()}))
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"Two cores, Linux {kernels}, {versions}.\n\n{HEAD}{''.join(lines)}"


def write_table(file: Path, rows: dict[str, dict]) -> None:
    text = file.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"{file} lacks {BEGIN!r} or {END!r}"
    file.write_text(f"{before}{BEGIN}\n{table(rows)}{END}{after}")
