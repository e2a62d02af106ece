# SPDX-License-Identifier: MIT
"""What the README promises: its first command, and each of its blocks of settings as it stands there."""

import os
import re
import signal
import socket
import subprocess
import urllib.request

from harness import machine
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.memory import cgroups_of
from harness.ports import is_listened_on
from harness.processes import wait_until
from harness.servers.balancers import KINDS, Balancer
from harness.stories import Collection
from quickstart import losses

STORIES = Collection()
story = STORIES.story

WORKERS = 20
QUICKSTART = ["/usr/bin/python3", "-B", machine.TREE / "tests/balancer/quickstart"]


def start_quickstart(stage, *options):
    """./quickstart after its build, on free ports; the process and its first port. The web server is on the last one."""
    machine.need_program("lighttpd")
    machine.need_program("ruby")
    first = machine.free_ports(WORKERS + 1)
    argv = [*QUICKSTART, "--port-base", first, "--web-port", first + WORKERS, *options]
    return stage.start(argv, "quickstart", stop_signal=signal.SIGINT), first


def nothing_is_left(first: int) -> None:
    left = [port for port in range(first, first + WORKERS + 1) if is_listened_on(port)]
    assert not left, f"somebody still listens on {left}"
    assert not cgroups_of(f"quickstart-{first}"), f"cgroups are left: {cgroups_of(f'quickstart-{first}')}"


def titles(summary: str) -> list[str]:
    """What each part of a summary is about, and its last line."""
    lines = summary.strip().splitlines()
    return [line.split()[0] for line in lines[:-1] if line and not line.startswith(" ")] + lines[-1:]


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in that language."""
    text = (machine.TREE / "README.md").read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no block of {language}"
    return found


def _counted(said: str) -> str:
    """A worker that is killed after its answer and before the record that ends it may have answered one it never counted."""
    if "Recycler counted as many" in said or not re.search(r"killed, nothing lost\n\s+was killed by SIGKILL while serving", said):
        return "Recycler counted as many"
    right = int(re.search(r"([\d,]+) answered right", said)[1].replace(",", ""))
    return f"Recycler counted {right - 1:,}"


@story
def the_quickstart_loses_nothing_by_itself_and_explains_each_death(stage):
    machine.need_memory_cgroup()
    quickstart, first = start_quickstart(stage, "--seconds", 25)
    status = quickstart.wait(120)
    said = quickstart.output()
    assert status == 0, f"exit {status}: {said[-4000:]}"
    expected = [" 0 by what Recycler decided", _counted(said), "4, each explained", "crashed, lost /report?",
                "oom-worker, lost /export?", "killed, ", "hung, lost /hang?", "recyclerctl drain", "recyclerctl open",
                "Recycler's controller", " by memory"]
    missing = [words for words in expected if words not in said]
    assert not missing, f"{missing} not in: {said}"
    summary = said[said.index("\nRequests"):]
    wide = [line for line in summary.splitlines() if len(line) > 80]
    assert not wide, f"wider than a terminal: {wide}"
    shown = blocks("text")[0]
    assert titles(shown) == titles(summary), f"the README shows {titles(shown)}"
    nothing_is_left(first)
    return summary


@story
def the_quickstart_names_a_port_that_is_taken_and_who_has_it(stage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*map(str, QUICKSTART), "--web-port", str(port), "--port-base", str(machine.free_ports(WORKERS))],
                              capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    for words in [f"port {port} is taken by", f"(pid {os.getpid()})", "--web-port"]:
        assert words in done.stderr, f"{words} not in: {done.stderr}"
    return done.stderr


@story
def the_quickstart_stays_up_if_told_so_and_leaves_nothing_behind(stage):
    quickstart, first = start_quickstart(stage, "--serve", "--seconds", 0)
    wait_until(lambda: "until Ctrl-C" in quickstart.output(), 90, "it says what to try")
    with urllib.request.urlopen(f"http://127.0.0.1:{first + WORKERS}/article?nonce=1", timeout=30) as answer:
        assert answer.read().endswith(b" end=1\n"), "no right answer"
    words = dict(line.split("=", 1) for line in quickstart.output().replace("export ", "").split() if "=" in line)
    environment = dict(os.environ, RECYCLER_RUNTIME_DIR=words["RECYCLER_RUNTIME_DIR"])
    status = subprocess.run([words["PATH"].partition(":")[0] + "/recyclerctl", "status"], env=environment, capture_output=True,
                            text=True, timeout=30)
    assert status.returncode == 0 and f"quickstart-{first}: {WORKERS} of {WORKERS}" in status.stdout, str(status)
    quickstart.signal(signal.SIGTERM)
    assert quickstart.wait(60) == 0, quickstart.output()
    assert not os.path.exists(words["RECYCLER_RUNTIME_DIR"]), "its runtime folder is left"
    nothing_is_left(first)


@story
def the_readme_has_the_number_of_ways_to_die_right(_stage):
    listed = subprocess.run([machine.TREE / "tests/deaths/run", "--list"], capture_output=True, text=True, timeout=60, check=True)
    ways = listed.stdout.count(" proof: ")
    on_v2 = ways - listed.stdout.count("[not on v2: ")
    text = (machine.TREE / "README.md").read_text()
    said = re.search(r"workers die in (\d+) ways", text), re.search(r"(\d+) of (\d+) on\s+cgroup v1, (\d+) of (\d+) on v2", text)
    assert all(said) and int(said[0][1]) == ways, f"there are {ways}"
    assert said[1].groups() == (str(ways), str(ways), str(on_v2), str(on_v2)), f"there are {ways}, of them {on_v2} on v2"


@story
def the_policy_of_the_readme_is_accepted(stage):
    for number, block in enumerate(blocks("toml")):
        policy = stage.path(f"shop{number}.toml")
        policy.write_text(block)
        done = subprocess.run([machine.PROGRAMS / "recyclerctl", "check", policy], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr


def in_rotation(recycler: Recycler, slot: str, more_than: int) -> bool:
    return (recycler.slot(slot)["worker"]["requests"]["served"] or 0) > more_than


def tell_balancer(stage, name: str):
    """The block as it stands, but for its ports: requests while workers are recycled, and while one is drained and opened."""
    machine.need_gates()
    recycler = Recycler(stage, 2).start()
    port = machine.free_ports(1)
    block = blocks(name)[0]
    for written, used in [("7000", recycler.slots[0]), ("7001", recycler.slots[1]), ("listen 80;", f"listen 127.0.0.1:{port};")]:
        assert written in block or written.startswith("listen"), f"{written} is not in the block"
        block = block.replace(written, used)
    web = Balancer(stage, name, block, port)
    client = Load(stage, web.url + "/app", duration=60, connections=8, query="sleep=0-4", think="2-8", deadline=15)
    for _ in range(20):
        recycler.ctl("recycle", "all")
    drained = recycler.slots[0]
    recycler.ctl("drain", drained)
    other = recycler.slots[1]
    served = recycler.slot(other)["worker"]["requests"]["served"]
    wait_until(lambda: in_rotation(recycler, other, served + 200), 30, "the other worker serves alone")
    before = recycler.slot(drained)["worker"]["requests"]["served"]
    recycler.ctl("open", drained)
    wait_until(lambda: in_rotation(recycler, drained, before), 30, "the drained worker is in rotation again")
    summary = client.end()
    recycler.wait_recorded()
    recycles = recycler.status()["totals"]["recycles"]["operator"]
    figures = (f"{recycles} recycles, one drain; {summary['answered']} right answers, {lost(summary)} lost"
               + "".join(f", {fault}: {count}" for fault, count in summary["faults"].items()))
    assert lost(summary) == 0, figures
    assert summary["answered"] >= 500 and recycles == 40, figures
    return figures


for balancer in KINDS:
    STORIES.add(f"the lines of the README for {balancer} serve through recycles and a drain and lose nothing", tell_balancer,
                name=balancer)


@story
def an_answer_that_no_dead_worker_had_is_charged_to_recycler(_stage):
    lost = {"uri": "/basket?nonce=2", "fault": "status 500", "at": 100.05, "seconds": 0.1}
    killed = {"verdict": "killed", "slot": "7006", "in_flight": None, "at_unix": 100.0}
    named = {**killed, "in_flight": {"uri": "/basket?nonce=2"}}

    def excused(record: dict, asked: dict[str, str]) -> bool:
        return losses.join([lost], [record], asked)[0].record is not None
    assert excused(named, {}), "its record names it"
    assert excused(killed, {"/basket?nonce=2": "7006"}), "it was on its way to that worker when it was killed"
    for what, record, asked in [
            ("nobody knows where it was", killed, {}),
            ("it was on another worker", killed, {"/basket?nonce=2": "7007"}),
            ("it was asked after the death", {**killed, "at_unix": 99.0}, {"/basket?nonce=2": "7006"}),
            ("the worker had another request", {**killed, "in_flight": {"uri": "/search?nonce=3"}}, {"/basket?nonce=2": "7006"}),
            ("the worker was recycled", {**named, "verdict": "recycled"}, {"/basket?nonce=2": "7006"})]:
        assert not excused(record, asked), what
    twice = losses.join([lost, lost], [named], {"/basket?nonce=2": "7006"})
    assert [loss.record is None for loss in twice] == [False, True], "one death stands for one answer"
