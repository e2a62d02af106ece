# SPDX-License-Identifier: MIT
"""The figures of all applications as one table."""

from with_recycler import Figures, TRIGGERS

HEAD = ["APPLICATION", "UNDER", "REQUESTS", "COUNTED", *(f"BY {trigger.upper()}" for trigger in TRIGGERS), "SLOWEST ms",
        "LOST BY KILLS", "LOST OTHERWISE"]


def row(figures: Figures) -> list[str]:
    ours = figures.counted is not None
    recycles = [str(figures.recycles.get(trigger, 0)) if ours else "-" for trigger in TRIGGERS]
    return [figures.name, figures.how, f"{figures.requests:,}", f"{figures.counted:,}" if ours else "-", *recycles,
            f"{figures.slowest_ms:,.0f}", str(figures.lost_by_kills), str(figures.lost_otherwise)]


def lines(all_figures: list[Figures]) -> str:
    rows = [HEAD, *(row(figures) for figures in all_figures)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    def line(cells: list[str]) -> str:
        return "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(cells, widths))).rstrip()
    return "\n".join(line(cells) for cells in rows)
