# SPDX-License-Identifier: MIT
"""Whether one record is right: what the row of the matrix wants, and what no record may say at all."""

import re

OOM_KILLS = ("worker memory.events oom_kill", "worker memory.oom_control oom_kill")
OOMS = ("oom-worker", "oom-app", "oom-host")


def facts(record: dict) -> dict[str, str]:
    """Its evidence and what stands beside it, by name."""
    named = {item["name"]: item["value"] for item in record["evidence"]}
    named.update({"kind": record["kind"], "trigger": record["trigger"] or "none", "sentence": record["sentence"],
                  "stderr": "\n".join(record["stderr"]), "next step": record.get("next_step") or "none"})
    for name in OOM_KILLS:
        if name in named:
            named["oom_kill"] = named[name]
    return named


def sender_known(named: dict[str, str]) -> bool:
    return not named.get("sender of the signal", "unknown").startswith("unknown")


def missing(record: dict, proof: list[str]) -> list[str]:
    """Which of the row's proofs are not there."""
    named = facts(record)
    faults = []
    for words in proof:
        if words.startswith("no "):
            if words.removeprefix("no ") in named:
                faults.append(words)
            continue
        name, _, text = words.partition(": ")
        if name == "a thread" and any(text in value for fact, value in named.items() if fact.startswith("thread ")):
            continue
        if text not in named.get(name, "\0"):
            faults.append(f"{words} (it is: {named.get(name, 'not there')})")
    return faults


def contradictions(record: dict) -> list[str]:
    """What cannot be true at the same time, in this record."""
    named = facts(record)
    sentence, verdict = record["sentence"], record["verdict"]
    status, order = named.get("wait status", "unknown"), named.get("our order", "none")
    signal = status.split(",")[0] if not status.startswith(("exit", "unknown")) else ""
    busy = record["in_flight"] is not None
    worker = f"{record['slot']}.{record['generation']} "
    known = sender_known(named)
    last, cut = record["last_requests"], record["requests_cut"] or 0
    outcomes = {each["outcome"] for each in last}
    rules = {
        "another number of requests cut off": cut != sum(each["count"] for each in last if each["outcome"] == "cut-off"),
        "in flight, and not cut off": busy and (record["in_flight"]["uri"], "cut-off") not in [(e["uri"], e["outcome"]) for e in last],
        "answered, and cut off": outcomes and "cut-off" not in outcomes and "cut off" in sentence.replace("nothing was cut off", ""),
        "a request that the sentence forgets": any(each["uri"] and each["uri"][:60] not in sentence for each in last[:5]),
        "the sentence is of another worker": not sentence.removeprefix("Why ").startswith(worker),
        "no signal, yet killed or crashed": verdict in ("killed", "crashed") and not signal,
        "another signal in the sentence": verdict in ("killed", "crashed") and signal not in sentence,
        "exited by a signal": verdict in ("exited", "left") and bool(signal),
        "another exit status": verdict == "exited" and f"with {status.removeprefix('exit ')}" not in sentence,
        "killed for memory, and not": verdict in OOMS and ("did not kill for memory" in sentence or named["oom_kill"] == "0"),
        "a memory kill that nobody judged": verdict not in OOMS and named.get("oom_kill", "0")[:7] not in ("0", "unknown"),
        "between two requests, and within one": busy and "between two requests" in sentence,
        "nothing was lost, and a request was": busy and "othing was lost" in sentence,
        "busy without a request": not busy and ("while serving" in sentence or "Cut off: " in sentence),
        "the request is not in the sentence": busy and record["in_flight"]["uri"][:60] not in sentence,
        "ended by itself, as we ordered": verdict in ("exited", "left", "killed") and order.endswith(f"sent {signal or 'SIG'}"),
        "ordered, and not": verdict in ("recycled", "stopped", "hung", "stuck", "drain-cut") and order == "none",
        "a core, and none": "There is no core dump" in sentence and "core dumped" in status,
        "sent by somebody unknown": "sent by" in sentence and not known,
        "a known sender who is not known": known and "sender is not known" in sentence,
        "its own doing, and somebody else's": known and named["sender of the signal"] != "itself" and "had set itself" in sentence,
        "stderr, and none": bool(record["stderr"]) == ("has no output on stderr" in sentence),
        "another number of requests": (counted := re.search(r" after (\d+) requests?\b", sentence)) is not None
                                      and int(counted[1]) != record["requests"],
        "another limit": (limit := re.search(r"memory\.max \(([^)]+)\)", sentence)) is not None
                         and limit[1] != named.get("memory.max"),
    }
    if "last line on stderr" not in sentence and "no output on stderr" not in sentence:
        rules["stderr, and none"] = False
    return [rule for rule, broken in rules.items() if broken]
