# SPDX-License-Identifier: MIT
"""Workers that end."""

import os
import shutil
import signal
from pathlib import Path

import fronts
from harness import machine
from harness.processes import stop_at_rest, wait_until
from judge import Truth, truth
from kind import Kinds
from stand import Stand, waiting_in_queue

KINDS = Kinds()
kind = KINDS.kind


def slots_of(workers: list[str]) -> list[str]:
    return [worker.rpartition(".")[0] for worker in workers]


def died(stand: Stand, verdict: str) -> list[Truth]:
    """What the lines are about after a request that ends its worker. A balancer may ask another one, which it ends, too."""
    workers = stand.ended(verdict)
    stand.clients.wait_served()
    return [truth(verdict, workers)]


@kind()
def a_worker_crashes_in_a_request(stand: Stand) -> list[Truth]:
    stand.start().ask_whole("crash=segv")
    return died(stand, "crashed")


@kind()
def a_worker_is_killed_in_a_request(stand: Stand) -> list[Truth]:
    stand.start().clients.pause()
    asked = stand.ask("sleep=60000")
    slot = stand.wait_busy()[0]
    stand.clients.go_on()
    wait_until(lambda: waiting_in_queue(int(slot)), 20, "a connection waits behind that request")
    os.kill(stand.recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    wait_until(lambda: stand._of("killed"), 20, "the record is written")
    if stand.name in ("nginx", "apache"):  # they ask the other worker then, which would take its time, too
        other = next(name for name in stand.slots if name != slot)
        wait_until(lambda: waiting_in_queue(int(other)), 20, "the other one has it")
        os.kill(stand.recycler.slot(other)["worker"]["pid"], signal.SIGKILL)
    asked.join()
    return died(stand, "killed")


@kind(silent="nginx lighttpd haproxy apache")
def a_worker_is_killed_between_two_requests_while_a_connection_waits(stand: Stand) -> list[Truth]:
    stand.start().clients.pause()
    slot = stand.slots[0]
    pid = stand.recycler.slot(slot)["worker"]["pid"]
    stop_at_rest(pid)
    stand.clients.go_on()
    wait_until(lambda: waiting_in_queue(int(slot)), 20, "a connection waits for the stopped worker")
    os.kill(pid, signal.SIGKILL)
    stand.ended("killed")
    stand.clients.wait_served()
    return []


@kind()
def a_worker_reaches_its_memory_limit(stand: Stand) -> list[Truth]:
    machine.need_memory_cgroup()
    stand.start().ask_whole("leak=204800")
    return died(stand, "oom-worker")


@kind()
def a_worker_exits_in_a_request(stand: Stand) -> list[Truth]:
    stand.start().ask_whole("exit=3")
    return died(stand, "exited")


@kind()
def two_workers_end_at_once_by_different_requests(stand: Stand) -> list[Truth]:
    stand.start()
    asked = [stand.ask("sleep=300&crash=segv"), stand.ask("sleep=300&exit=3")]
    for each in asked:
        each.join()
    crashed, exited = died(stand, "crashed")[0], died(stand, "exited")[0]
    both = truth("crashed exited", crashed.where | exited.where)
    return [truth("crashed", crashed.where, "crash=segv"), truth("exited", exited.where, "exit=3"), both]


@kind(silent="nginx")  # 1.22 takes half an answer for a whole one
def a_worker_crashes_in_the_middle_of_its_answer(stand: Stand) -> list[Truth]:
    stand.start({"app": {"command": stand.crooked()}}).ask_whole("halves=1")
    return died(stand, "crashed")


def ended_behind_its_gate(stand: Stand, verdict: str) -> list[Truth]:
    """Until it has ended, a closed gate refuses who comes; and a balancer's news of a server follow the one or the other."""
    truths = died(stand, verdict)
    slots = slots_of(stand.ended(verdict))
    return [*truths, truth("gate", slots, REFUSED[stand.name]), truth(f"gate {verdict}", {*slots, *stand.ended(verdict)}, NEWS)]


REFUSED = {"nginx": r"\(111: ", "lighttpd": "Connection refused", "apache": r"\(111\)", "haproxy": " SC-- | ---- "}
NEWS = "re-enabled|all handlers|no live upstreams|AH00959|AH01114|AH01079"


@kind()
def a_hung_worker_is_ended(stand: Stand) -> list[Truth]:
    stand.start({"recycle": {"hung": "1s"}}).ask_whole("sleep=60000")
    return ended_behind_its_gate(stand, "hung")


@kind()
def a_hung_worker_is_ended_after_the_balancer_gave_up(stand: Stand) -> list[Truth]:
    stand.start({"recycle": {"hung": "3s"}}, fronts.Settings(read_timeout=1)).ask_whole("sleep=60000")
    return ended_behind_its_gate(stand, "hung")


@kind()
def a_stuck_worker_is_ended_after_the_balancer_gave_up(stand: Stand) -> list[Truth]:
    stand.start({"recycle": {"stuck": "3s"}}, fronts.Settings(read_timeout=1)).ask_whole("stand=600000")
    return ended_behind_its_gate(stand, "stuck")


# lighttpd's first line of a connection that was reset.
NAMELESS = r"http-header-glue\.c\.\d+\) read\(\) \d+ \d+: Connection reset"
PHP = """<?php
if (isset($_GET['fatal'])) { there_is_no_such_function(); }
if (isset($_GET['kill'])) { posix_kill(getmypid(), 11); sleep(5); }
echo 'nonce=', $_GET['nonce'] ?? '';
"""


def with_php(stand: Stand, environment: dict) -> Stand:
    machine.need_program("php-cgi")
    folder = stand.stage.path("docs")
    folder.mkdir(mode=0o755)
    script = folder / "app.php"
    script.write_text(PHP)
    stand.path = "/app.php"
    command = [shutil.which("php-cgi"), "-d", "log_errors=1", "-d", "display_errors=0", "-d", "error_log="]
    settings = fronts.Settings(scripts=str(folder))
    return stand.start({"app": {"command": command, "environment": environment}}, settings)


@kind(silent="haproxy")
def a_php_script_has_a_fatal_error(stand: Stand) -> list[Truth]:
    with_php(stand, {"PHP_FCGI_MAX_REQUESTS": "0"}).ask_whole("fatal=1")
    stand.clients.wait_served()
    return [truth("worker-said")]


@kind()
def a_child_of_php_cgi_crashes_in_a_request(stand: Stand) -> list[Truth]:
    with_php(stand, {"PHP_FCGI_MAX_REQUESTS": "0", "PHP_FCGI_CHILDREN": "2"}).ask_whole("kill=1")
    deaths = lambda: [line for line in stand.recycler.report() if line.get("event") == "child-died"]
    wait_until(deaths, 20, "the death of a child is told")
    stand.clients.wait_served()
    where = {f"{line['slot']}.{line['generation']}" for line in deaths()}
    return [truth("child-died crashed", where), truth("balancer child-died crashed", where, NAMELESS)]
