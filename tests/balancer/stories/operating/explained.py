# SPDX-License-Identifier: MIT
"""What a balancer wrote is joined to what happened to the workers: `recyclerctl explain`, before the real ones."""

import bz2
import gzip
import json
import lzma
import os
import re
import subprocess
import time
from datetime import datetime

from harness import machine
from harness.clients.web_load import WebLoad
from harness.clients.web_request import WebRequest
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.balancers import KINDS, Balancer
from harness.stories import Collection
from stories.operating.readme import blocks

STORIES = Collection()
story = STORIES.story

POLICY = {"memory": {"max": "64MiB"}, "recycle": {"hung": "2s"}, "capacity": {"handover": "close"}, "drain": {"stop_timeout": "1s"}}
# A request for each way to die, and the verdict.
MISHAPS = {"/reports?nonce=m.1&crash=segv": "crashed", "/export?nonce=m.2&leak=204800": "oom-worker",
           "/login?nonce=m.3&exit=3": "exited", "/hang?nonce=m.4&sleep=60000": "hung"}
# Inside the frame's frontend; its log goes to stdout.
HAPROXY_LOGS = """\
    log stdout format raw local0
    option httplog
"""


def explain(words: list, environment=None, stdin=None) -> subprocess.CompletedProcess:
    return subprocess.run([str(machine.PROGRAMS / "recyclerctl"), *map(str, words)], env=environment, input=stdin,
                          capture_output=True, timeout=60)


def tries(log: dict) -> dict[str, int]:
    return {cause["cause"]: cause["attempts"] for cause in log["causes"]}


def log_of(stage, name: str):
    return stage.path("haproxy.log") if name == "haproxy" else stage.path(name) / "error.log"


def refusals(stage, name: str) -> int:
    text = log_of(stage, name).read_text(errors="replace")
    return len(re.findall(r"\d+/\+?[1-9]\d* \d+/\d+ \"" if name == "haproxy" else "Connection refused", text))


def block_for(name: str, recycler: Recycler, port: int) -> str:
    """The README's block, with a third worker."""
    block = blocks(name)[0].replace("listen 80;", f"listen 127.0.0.1:{port};")
    lines = [line for line in block.splitlines() if "7001" in line]
    for line in lines:  # lighttpd wants a comma between them
        block = block.replace(line, line.rstrip(",") + ("," if name == "lighttpd" else "") + "\n"
                              + line.replace("7001", "7002").replace("w1 ", "w2 "))
    for number, slot in enumerate(recycler.slots):
        block = block.replace(f"700{number}", slot)
    return (HAPROXY_LOGS if name == "haproxy" else "") + block


def go_through_mishaps(recycler: Recycler, port: int) -> list[WebRequest]:
    asked = []
    for uri, verdict in MISHAPS.items():
        asked.append(WebRequest(port, uri, 30))
        asked[-1].start()
        asked[-1].join()
        wait_until(lambda: any(end["verdict"] == verdict for end in recycler.ends()), 20, f"a record of {verdict}")
        wait_until(recycler.all_serving, 20, "all serve again")
        recycler.wait_recorded()  # of each worker that the balancer had tried
    return asked


def longest_calm(recycler: Recycler) -> str:
    """The slot whose gate was closed for a hung worker never, or the longest ago, once that is some seconds past: the log tells
    the time by the second, so what follows at once cannot be told from it."""
    hung = {end["slot"]: datetime.fromisoformat(end["at"]).timestamp() for end in recycler.ends() if end["verdict"] == "hung"}
    slot = min(recycler.slots, key=lambda name: hung.get(name, 0))
    wait_until(lambda: time.time() > hung.get(slot, 0) + 5, 10, "the log's clock has moved on", every=0.1)
    return slot


def tell_balancer(stage, name: str):
    machine.need_gates()
    machine.need_memory_cgroup()
    recycler = Recycler(stage, 3, POLICY).start()
    port = machine.free_ports(1)
    Balancer(stage, name, block_for(name, recycler, port), port)
    load = WebLoad(port, 4, "sleep=2", 30)
    asked = go_through_mishaps(recycler, port)
    drained = longest_calm(recycler)
    before = refusals(stage, name)
    recycler.ctl("drain", drained)
    wait_until(lambda: refusals(stage, name) > before, 20, "the balancer is refused")
    recycler.ctl("open", drained)
    summary = load.end()
    haproxy = ["--haproxy", stage.path("haproxy") / "conf"] if name == "haproxy" else []
    words = ["explain", log_of(stage, name), *haproxy]
    log = json.loads(recycler.ctl("--json", *words))
    check_causes(log, recycler, drained)
    lost = [request.lost["fault"] for request in asked if request.lost]
    assert len(lost) == len(MISHAPS), str(lost)
    if name == "lighttpd":  # it does not ask again: each lost answer is one line
        unanswered = lost.count("status 500") + summary["faults"].get("status 500", 0)
        deaths = sum(tries(log).get(verdict, 0) for verdict in MISHAPS.values())
        assert unanswered == deaths, f"{unanswered} answers of status 500, {deaths} explained by deaths: {log['causes']}"
        assert tries(log)["gate"] == refusals(stage, name), str(log["causes"])
        check_readme(recycler.ctl(*words))
    elsewhere = dict(os.environ, RECYCLER_RUNTIME_DIR=str(stage.path("nothing")))  # as if no daemon ran
    brought = json.loads(explain(["--json", *words, "--events", recycler.report_file], elsewhere).stdout)
    assert brought["causes"] == log["causes"], f"without a daemon: {brought['causes']}, with it: {log['causes']}"
    return in_words(log)


def in_words(log: dict) -> str:
    lines = log["lines"]
    return (f"{lines['explained']} of {lines['of_backends']} lines explained, tries: "
            + ", ".join(f"{cause} {count}" for cause, count in tries(log).items() if count))


def check_causes(log: dict, recycler: Recycler, slot: str) -> None:
    lines = log["lines"]
    assert lines["unparsed"] == 0, str(log["unparsed"])
    assert lines["explained"] == lines["of_backends"] > 0 and log["offset_s"] == 0, str(log)
    for uri, verdict in MISHAPS.items():
        died = [f"{end['slot']}.{end['generation']}" for end in recycler.ends() if end["verdict"] == verdict]
        cause = next((cause for cause in log["causes"] if cause["cause"] == verdict), None)
        assert cause, f"{verdict} explains nothing: {log['causes']}"
        # One thread each: a death costs the one request in flight, and what queues is served by the next worker.
        assert cause["attempts"] == len(died), f"{len(died)} deaths, {cause}"
        assert sorted(place["where"] for place in cause["places"]) == sorted(died), f"{died}: {cause}"
        assert all(place["what"] == f"GET {uri}" for place in cause["places"]), str(cause)
    gate = next(cause for cause in log["causes"] if cause["cause"] == "gate")
    drained = [place for place in gate["places"] if place["what"] == "drained by an operator"]
    assert [place["where"] for place in drained] == [slot], str(gate)
    assert not {cause["cause"] for cause in log["causes"]} - {*MISHAPS.values(), "gate", "client"}, str(log["causes"])


def first_words(text: str) -> set[str]:
    """Of the lines of its table that name a cause."""
    table = text[text.index("\nCAUSE"):].partition("\n\n")[0]
    return {line.split()[0] for line in table.splitlines() if line and not line.startswith(" ")}


def check_readme(told: str) -> None:
    wide = [line for line in told.splitlines()[2:] if len(line) > 96]
    assert not wide, f"wider than it should be: {wide}"
    shown = next(block for block in blocks("text") if "CAUSE" in block)
    assert first_words(shown) == first_words(told), f"the README shows {first_words(shown)}, and it is:\n{told}"


for balancer in KINDS:
    STORIES.add(f"each line that {balancer} writes about a worker is explained by what happened to it", tell_balancer,
                name=balancer)

LINE = ("2008-01-09 11:{:02}:{:02}: (mod_fastcgi.c.3254) response not received, request sent: 855 on socket: "
        "tcp:127.0.0.1:7012 for /dispatch.fcgi , closing connection\n")


@story
def a_log_is_read_plain_rotated_compressed_and_from_a_pipe(stage):
    environment = dict(os.environ, RECYCLER_RUNTIME_DIR=str(stage.path("run")))
    text = "".join(LINE.format(minute, second) for minute in range(4) for second in range(50)).encode()
    pieces = [text[start:start + len(text) // 4] for start in range(0, len(text) // 4 * 4, len(text) // 4)]
    for name, piece, pack in zip(["log", "log.1", "log.2.gz", "log.3.xz"], reversed(pieces),
                                 [bytes, bytes, gzip.compress, lzma.compress]):
        stage.path(name).write_bytes(pack(piece))
    rotated = [stage.path(name) for name in ["log.2.gz", "log", "log.3.xz", "log.1"]]
    stage.path("log.bz2").write_bytes(bz2.compress(text))
    for words, stdin in [(rotated, None), ([stage.path("log.bz2")], None), (["-"], text)]:
        done = explain(["--json", "explain", "--zone", "UTC", *words], environment, stdin)
        assert done.returncode == 0, done.stderr
        log = json.loads(done.stdout)
        assert log["lines"]["all"] == log["lines"]["of_backends"] == 200, str(log)
        assert log["first"] == "2008-01-09T11:00:00.000Z" and log["last"] == "2008-01-09T11:03:49.000Z", str(log)
        assert [os.path.basename(file) for file in log["files"]] in (
            ["log.3.xz", "log.2.gz", "log.1", "log"], ["log.bz2"], ["standard input"]), str(log["files"])
    berlin = json.loads(explain(["--json", "explain", "--zone", "Europe/Berlin", "-"], environment, text).stdout)
    assert berlin["first"] == "2008-01-09T10:00:00.000Z", str(berlin)


@story
def what_cannot_be_read_is_said_and_what_is_read_is_made_safe(stage):
    environment = dict(os.environ, RECYCLER_RUNTIME_DIR=str(stage.path("run")))
    stage.path("torn.gz").write_bytes(gzip.compress(LINE.format(0, 0).encode() * 1000)[:60])
    bare = dict(environment, PATH=str(stage.path("nothing")))
    for words, where, said in [
            (["explain", stage.path("missing")], environment, "No such file"),
            (["explain", stage.path("torn.gz")], environment, "gzip could not unpack all of"),
            (["explain", stage.path("torn.gz")], bare, "gzip, which unpacks it, does not start"),
            (["explain", "--events", stage.path("missing"), "-"], environment, "No such file")]:
        done = explain(words, where, b"x\n")
        assert done.returncode == 1 and said in done.stderr.decode(), f"{words}: exit {done.returncode}, {done.stderr}"
    for words in [["--zone", "Mars/Olympus"], ["--since", "soon"], ["--offset", "much"], ["--lines", "--json"]]:
        assert explain(["explain", "-", *words], environment, b"").returncode == 2, str(words)
    hostile = LINE.replace("/dispatch.fcgi", "/\x1b[2J").format(0, 0).encode() + b"\xff\x1b]0;x\x07\n" + b"A" * (1 << 20) + b"\n"
    done = explain(["explain", "--lines", "-"], environment, hostile)
    assert done.returncode == 0 and b"There is no history" in done.stdout, done.stdout + done.stderr
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", done.stdout), str(done.stdout)
    log = json.loads(explain(["--json", "explain", "-"], environment, hostile).stdout)
    assert log["lines"]["all"] == 3 and log["lines"]["unparsed"] == 2 and len(log["unparsed"][1]) <= 300, str(log)
