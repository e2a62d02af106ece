# SPDX-License-Identifier: MIT
"""The policies in policies/examples, each with a real worker of its kind: counted, seen in flight, recycled without a loss."""

import contextlib
import os
import shutil
import signal
import subprocess
import tomllib
from contextlib import nullcontext
from dataclasses import dataclass

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.clients.load import Load, in_words, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.dying.outages import counted

STORIES = Collection()

EXAMPLES = machine.TREE / "policies" / "examples"
ASKED = 20  # before the load


@dataclass(frozen=True)
class Kind:
    """One worker behind a shipped policy. `worker` takes the place of the last word of its command."""
    policy: str
    worker: str | None = None
    needs: tuple[str, ...] = ()
    script: str = "/app"
    counted_by: str = "recorder"
    asks: type = Held  # how it is asked something that takes it long: php-cgi does not wait for the end of a body of length 0


KINDS = {
    "a C worker": Kind("minimal", "app"),
    "a C++ worker on libfcgi's streams": Kind("cplusplus", "stream"),
    "php-cgi": Kind("php", needs=("php-cgi",), script="/app.php", asks=Asking),
    "php-cgi with children": Kind("php-children", needs=("php-cgi",), script="/app.php", asks=Asking),
    "a Perl worker": Kind("perl", "app.pl", needs=("perl",)),
    "a Ruby worker": Kind("ruby", "app.rb", needs=("ruby",)),
    "the Ruby shop": Kind("shop", "app.rb", needs=("ruby",)),
    "a Node.js worker": Kind("node", "app.js", needs=("node",)),
    "a Python worker in uWSGI": Kind("python", "app.py", needs=("uwsgi",)),
    "fcgiwrap": Kind("fcgiwrap", needs=("fcgiwrap",), script="/app.cgi"),
    "a static worker": Kind("go", "fixed", counted_by="accepts"),
}
if (machine.TEST_PROGRAMS / "app.go.bin").exists():  # nobody installs 450 MiB of compiler for it
    KINDS["a Go worker"] = Kind("go", "app.go.bin", counted_by="accepts")


def shipped(stage, name: str) -> dict:
    """As it is installed, once recyclerctl check has nothing against it: root's, whoever owns the tree."""
    file = stage.path(f"{name}.toml")
    shutil.copyfile(EXAMPLES / file.name, file)
    checked = subprocess.run([machine.PROGRAMS / "recyclerctl", "check", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return tomllib.loads(file.read_text())


def placed(stage, kind: Kind) -> Recycler:
    """Two slots of the shipped policy: where it listens, who it runs as and what stands where are this machine's."""
    policy = shipped(stage, kind.policy)
    app = policy["app"]
    for key in ["listen", "workers", "user", "directory", "socket_group"]:
        app.pop(key, None)
    if kind.worker:
        app["command"][-1] = str(machine.TEST_PROGRAMS / kind.worker)
    policy.pop("control", None)
    if not machine.is_root() or machine.memory_controller() is None:
        policy.setdefault("memory", {})["enforcement"] = "preferred"
    return Recycler(stage, 2, policy)


def need(kind: Kind) -> None:
    machine.need_root()
    for program in kind.needs:
        machine.need_program(program)


def seen_in_flight(recycler: Recycler, kind: Kind) -> None:
    """A request that takes it long is named: one that it has not got whole yet, or one that sleeps."""
    query = "nonce=held" if kind.asks is Held else "nonce=held&sleep=3000"
    asking = kind.asks(recycler.addresses[0], query, script=kind.script, root=str(machine.TEST_PROGRAMS))

    def named():
        requests = recycler.slot(recycler.slots[0])["worker"]["requests"]
        return requests if requests["uri"] else None
    if kind.counted_by == "recorder":
        requests = wait_until(named, 10, "the request in flight is named")
        assert (requests["method"], requests["uri"]) == ("GET", f"{kind.script}?{query}"), requests
        assert requests["in_flight"] == 1, requests
    else:
        assert named() is None, "nobody can know it"
    if kind.asks is Held:
        asking.release()
    answer = asking.answer()
    assert answer and answer["nonce"] == "held", answer


def recycled_under_load(stage, recycler: Recycler, kind: Kind) -> dict:
    suffix = kind.script.rpartition(".")[2]
    key = f".{suffix}" if "." in kind.script else "/"
    web = Lighttpd(stage, recycler.addresses, key=key)
    client = Load(stage, web.url + kind.script, duration=60, connections=4, post=30, query="sleep=0-2", deadline=20)
    for slot in recycler.slots:
        recycler.ctl("recycle", slot)
    summary = client.end()
    assert lost(summary) == 0, in_words(summary)
    for slot in recycler.slots:
        record = recycler.wait_end(slot)
        assert record["verdict"] == "recycled", record["sentence"]
    return summary


def tell_kind(stage, kind: Kind):
    need(kind)
    with machine.tracefs() if kind.counted_by == "accepts" else nullcontext():
        recycler = placed(stage, kind).start(seconds=60)
        for number in range(ASKED):
            address = recycler.addresses[number % 2]
            answer = ask(address, f"nonce={number}", script=kind.script, root=str(machine.TEST_PROGRAMS))
            assert answer and answer["nonce"] == str(number), answer
        wait_until(lambda: served(recycler) == [ASKED // 2] * 2, 10, f"each of both has served half, not {served(recycler)}")
        by = {slot["worker"]["requests"]["counted_by"] for slot in recycler.status()["slots"]}
        assert by == {kind.counted_by}, by
        seen_in_flight(recycler, kind)
        summary = recycled_under_load(stage, recycler, kind)
        all_requests = ASKED + 1 + summary["sent"]
        assert counted(recycler, all_requests) == all_requests, f"{counted(recycler, all_requests)} of {all_requests} counted"
        assert recycler.stop() == 0, recycler.process.output()
    return f"{all_requests} requests, all counted ({kind.counted_by}), 2 recycles; {in_words(summary)}"


def served(recycler: Recycler) -> list[int]:
    return [slot["worker"]["requests"]["served"] for slot in recycler.status()["slots"]]


for words, row in KINDS.items():
    STORIES.add(f"{words} as policies/examples/{row.policy}.toml has it is counted and recycled without a loss", tell_kind,
                kind=row)


@STORIES.story
def a_worker_of_each_kind_serves_is_counted_and_is_recycled_in_isolation(stage):
    """Those whose policy has it anyway are told of above."""
    told = []
    for words, kind in KINDS.items():
        with contextlib.suppress(machine.Skip):
            need(kind)
            recycler = placed(stage, kind)
            if recycler.policy.get("sandbox", {}).get("isolate"):
                continue
            recycler.policy.setdefault("sandbox", {})["isolate"] = True
            with machine.tracefs() if kind.counted_by == "accepts" else nullcontext():
                serve_and_recycle(recycler.start(seconds=60), kind)
            told.append(words)
    assert told, "no kind is here"
    return ", ".join(told)


def serve_and_recycle(recycler: Recycler, kind: Kind) -> None:
    def asked(number: int) -> None:
        answer = ask(recycler.addresses[number % 2], f"nonce={number}", script=kind.script, root=str(machine.TEST_PROGRAMS))
        assert answer and answer["nonce"] == str(number), f"{kind}: {answer}"
    for number in range(ASKED):
        asked(number)
    wait_until(lambda: served(recycler) == [ASKED // 2] * 2, 10, f"each of both has served half, not {served(recycler)}")
    recycler.ctl("recycle", "all")
    verdicts = {recycler.wait_end(slot)["verdict"] for slot in recycler.slots}
    assert verdicts == {"recycled"}, f"{kind}: {verdicts}"
    asked(ASKED)
    assert recycler.stop() == 0, recycler.process.output()


@STORIES.story
def each_shipped_policy_is_tried_with_a_worker(stage):
    untried = {file.stem for file in EXAMPLES.glob("*.toml")} - {kind.policy for kind in KINDS.values()}
    assert not untried, untried


FIXED = {"app": {"command": [str(machine.TEST_PROGRAMS / "fixed")]}}


def tell_static_retirement(stage, handover: str):
    machine.need_root()
    with machine.tracefs():
        recycler = Recycler(stage, 2, {**FIXED, "recycle": {"requests": 100}, "capacity": {"handover": handover}}).start()
        web = Lighttpd(stage, recycler.addresses)
        client = Load(stage, web.url, duration=60, connections=4, post=30)
        wait_until(lambda: recycler.status()["totals"]["recycles"].get("requests", 0) >= 4, 40, "four have retired by count")
        summary = client.end()
        assert lost(summary) == 0, in_words(summary)
        assert counted(recycler, summary["sent"]) == summary["sent"], (counted(recycler, summary["sent"]), summary)
        verdicts = {record["verdict"] for record in recycler.ends()}
        assert verdicts == {"recycled"}, verdicts
        recycler.stop()
    return in_words(summary)


for mode in ["overlap", "queue", "close"]:
    STORIES.add(f"static workers retire by the count of the kernel by {mode} and lose nothing", tell_static_retirement,
                handover=mode)


def tell_busy_from_the_start(stage, sockets: str):
    """Nothing inside it says that it accepts, and whenever it is looked at it is at work on what its queue brings."""
    command = {"command": ["/usr/bin/env", "-u", "LD_PRELOAD", str(machine.TEST_PROGRAMS / "app")]}
    if sockets == "unix":
        stage.path("s").mkdir(mode=0o755)
        command |= {"listen": f"unix:{stage.path('s')}/%s.sock", "workers": 2, "socket_mode": "0666"}
    recycler = Recycler(stage, 2, {"app": command, "start": {"timeout": "3s"}}).start()
    slots = recycler.status()["slots"]
    web = Lighttpd(stage, [slot["address"].removeprefix("unix:") for slot in slots] if sockets == "unix" else recycler.addresses)
    client = Load(stage, web.url, duration=60, connections=16, query="sleep=1-3", progress=0.1)
    wait_until(lambda: (client.latest() or {"answered": 0})["answered"] > 100, 10, "they are busy")
    for slot in slots:
        os.kill(slot["worker"]["pid"], signal.SIGKILL)
        recycler.wait_serving(slot["slot"], 2, 10)
    summary = client.end()
    recycler.wait_recorded()
    assert lost(summary) <= len(slots), in_words(summary)  # what the killed ones were at
    ends = [(end["slot"], end["generation"], end["verdict"]) for end in recycler.ends()]
    assert sorted(ends) == [(slot["slot"], 1, "killed") for slot in slots], recycler.ends()
    return in_words(summary)


for kind_of_sockets in ["tcp", "unix"]:
    STORIES.add(f"a worker without the recorder that is busy from its first moment on is ready ({kind_of_sockets})",
                tell_busy_from_the_start, sockets=kind_of_sockets)


@STORIES.story
def a_static_worker_that_runs_is_counted_from_the_reload_on_that_needs_it(stage):
    machine.need_root()
    recycler = Recycler(stage, 1, FIXED, prefix=machine.without(*machine.TRACEFS)).start()
    (slot,), (address,) = recycler.slots, recycler.addresses
    assert ask(address) is not None
    before = recycler.slot(slot)["worker"]["requests"]
    assert (before["served"], before["counted_by"]) == (None, None), before
    recycler.write_policy({"recycle": {"requests": 1000}})
    recycler.ctl("reload")
    requests = wait_until(lambda: told(recycler, slot), 10, "somebody counts")
    assert (requests["served"], requests["counted_by"]) == (0, "accepts, not all"), requests
    for number in range(7):
        assert ask(address, f"nonce={number}") is not None
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["served"] == 7, 20, "seven are counted")
    recycler.ctl("recycle", slot)
    assert ask(address) is not None
    wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["served"] == 1, 20, "one is counted")
    now = recycler.slot(slot)["worker"]["requests"]
    assert (now["served"], now["counted_by"]) == (1, "accepts"), now
    recycler.stop()


def told(recycler: Recycler, slot: str) -> dict | None:
    requests = recycler.slot(slot)["worker"]["requests"]
    return requests if requests["counted_by"] else None


@STORIES.story
def the_count_of_the_kernel_outlives_the_controller(stage):
    machine.need_root()
    with machine.tracefs():
        recycler = Recycler(stage, 1, {**FIXED, "recycle": {"requests": 1000}}).start()
        (slot,), (address,) = recycler.slots, recycler.addresses
        for number in range(5):
            assert ask(address, f"nonce={number}") is not None
        killed = recycler.controller()
        subprocess.run(["kill", "-KILL", str(killed)], check=True)
        assert ask(address) is not None
        wait_until(lambda: recycler.controller() not in (None, killed), 10, "another controller")
        wait_until(recycler.all_serving, 10, "it answers")
        wait_until(lambda: (told(recycler, slot) or {}).get("served") == 6, 20, "six are counted")
        requests = recycler.slot(slot)["worker"]["requests"]
        assert (requests["served"], requests["counted_by"]) == (6, "accepts"), requests
        recycler.stop()


@STORIES.story
def static_workers_that_nobody_can_count_are_said_to_be_so(stage):
    machine.need_root()
    recycler = Recycler(stage, 1, {**FIXED, "recycle": {"requests": 2}}, prefix=machine.without_tracefs()).start()
    (slot,), (address,) = recycler.slots, recycler.addresses
    for number in range(4):
        assert ask(address, f"nonce={number}") is not None
    status = recycler.status()
    requests = status["slots"][0]["worker"]["requests"]
    assert (requests["served"], requests["counted_by"]) == (None, None), requests
    sentences = [sentence for sentence in status["limitations"] if "recycle.requests has no effect" in sentence]
    assert len(sentences) == 1 and "/sys/kernel/tracing" in sentences[0], status["limitations"]
    recycler.ctl("recycle", slot)
    assert ask(address) is not None
    return sentences[0]
