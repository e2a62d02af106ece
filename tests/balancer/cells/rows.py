# SPDX-License-Identifier: MIT
"""The file of results: one JSON object a line, a later one of the same cell instead of an earlier one."""

import json
from pathlib import Path

from cells.measure import Amounts


def read(file: Path) -> dict[str, dict]:
    """By the name of the cell."""
    if not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines() if line]
    return {row["cell"]: row for row in rows}


def append(file: Path, row: dict) -> None:
    with open(file, "a") as to:
        to.write(json.dumps(row) + "\n")


def is_whole(row: dict, amounts: Amounts) -> bool:
    return row["requests"] >= amounts.requests and row["recycles"] >= amounts.recycles


def fault_of(row: dict, amounts: Amounts) -> str | None:
    """Why a promise was not kept; None: it was."""
    if row["failures"]:
        return f"{row['failures']} of {row['requests']} requests failed: {row['faults']}"
    if set(row["ends"]) - {"recycled"}:
        return f"workers ended otherwise: {row['ends']}"
    if not is_whole(row, amounts):
        return f"only {row['requests']} requests and {row['recycles']} recycles in {row['seconds']} s"
    return None
