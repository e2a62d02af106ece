"""What the README promises: its first command, and each of its blocks of settings as it stands there."""

import os
import signal
import socket
import subprocess
import urllib.request

from harness import machine
from harness.memory import cgroups_of
from harness.ports import is_listened_on
from harness.processes import wait_until
from harness.stories import Collection

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


@story
def the_quickstart_loses_nothing_by_itself_and_explains_each_death(stage):
    machine.need_memory_cgroup()
    quickstart, first = start_quickstart(stage, "--seconds", 25)
    status = quickstart.wait(120)
    said = quickstart.output()
    assert status == 0, f"exit {status}: {said[-4000:]}"
    expected = [" 0 by what Recycler decided", "Recycler counted as many", "4, each explained", "crashed, lost /report?",
                "oom-worker, lost /export?", "killed, ", "hung, lost /hang?", "recyclerctl drain", "recyclerctl open",
                "Recycler's controller", " by memory"]
    missing = [words for words in expected if words not in said]
    assert not missing, f"{missing} not in: {said}"
    summary = said[said.index("\nRequests"):]
    wide = [line for line in summary.splitlines() if len(line) > 80]
    assert not wide, f"wider than a terminal: {wide}"
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
