# SPDX-License-Identifier: MIT
"""Which answers were lost with a worker that died, and which by what Recycler decided: joins the clients' lists of lost answers
with the death records. Pure."""

from dataclasses import dataclass

# The limit that the policy names, or no decision of Recycler's at all: a request may be lost in these.
DEATHS = {"crashed", "oom-worker", "oom-app", "oom-host", "killed", "forbidden-syscall", "exited", "hung", "unknown"}
# A record has the time at which the death was looked into: after a controller that was killed, that is somewhat later.
APART = 2.0  # seconds


@dataclass(frozen=True)
class Loss:
    lost: dict  # uri, fault, at, seconds
    record: dict | None  # of the worker that died with it; None: nothing but a decision of Recycler's can have lost it


def nonce_of(uri: str) -> str | None:
    return next((word.removeprefix("nonce=") for word in uri.partition("?")[2].split("&") if word.startswith("nonce=")), None)


def _names(record: dict, lost: dict) -> bool:
    request = record["in_flight"]
    return bool(request and request["uri"]) and nonce_of(request["uri"]) == nonce_of(lost["uri"])


def _had_taken(record: dict, lost: dict) -> bool:
    """A worker can be killed after the kernel has given it a connection and before anybody could see what comes on it: its record
    names no request then. The web server knows which worker it had asked, and the loss was on its way at that very moment."""
    died = record["at_unix"]
    nameless = not (record["in_flight"] and record["in_flight"]["uri"])
    same = record["slot"] == lost["slot"]
    return nameless and same and lost["at"] - lost["seconds"] <= died and abs(lost["at"] - died) <= APART


def join(lost: list[dict], records: list[dict], asked: dict[str, str]) -> list[Loss]:
    """`asked`: the slot that the web server had asked, by URI. Each record stands for one loss at most: these workers serve one
    request at a time."""
    lost = [dict(answer, slot=asked.get(answer["uri"])) for answer in lost]
    free = [record for record in records if record["verdict"] in DEATHS]
    losses = []
    for fits in [_names, _had_taken]:
        left = []
        for answer in lost:
            record = next((record for record in free if fits(record, answer)), None)
            if record:
                free.remove(record)
                losses.append(Loss(answer, record))
            else:
                left.append(answer)
        lost = left
    return losses + [Loss(answer, None) for answer in lost]


def judge(records: list[dict], expected: list) -> list[str]:
    """What is wrong with the verdicts, a sentence each: every mishap must have its one record, and nothing else may have died."""
    faults, left = [], [record for record in records if record["verdict"] not in ("recycled", "stopped")]
    for mishap in [mishap for mishap in expected if mishap.verdict]:
        own = [record for record in left if record["pid"] == mishap.pid
               or (mishap.nonce and nonce_of((record["in_flight"] or {}).get("uri") or "") == mishap.nonce)]
        left = [record for record in left if record not in own]
        name = f"pid {mishap.pid}" if mishap.pid else f"the worker of request {mishap.nonce}"
        if len(own) != 1:
            faults.append(f"{len(own)} records of {name}, one expected ({mishap.verdict})")
        elif own[0]["verdict"] != mishap.verdict:
            faults.append(f"{name} was called {own[0]['verdict']} instead of {mishap.verdict}")
    return faults + [f"nobody did anything to this one: {record['sentence']}" for record in left]
