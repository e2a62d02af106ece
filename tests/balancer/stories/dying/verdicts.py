# SPDX-License-Identifier: MIT
"""The verdicts that take more than one worker's misfortune: filters, threads, failed starts, a machine that ran out."""

import contextlib
import os
import platform
import re
import shutil
import signal
import socket
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import STDIN, Asking, ask, request_bytes
from harness.clients.fastcgi import record as stream_record
from harness.daemon.recycler import Recycler
from harness.memory import memory_directory
from harness.processes import wait_until
from harness.stories import Collection
from stories.dying.deaths import check_one_record_each

STORIES = Collection()
story = STORIES.story


def facts(record: dict) -> dict[str, str]:
    return {item["name"]: item["value"] for item in record["evidence"]}


def kernel_told_of_a_filter(pid: int) -> bool:
    """Whether the kernel's log has a line about that process and its forbidden call, for those who may read it."""
    log = b""
    with contextlib.suppress(OSError):
        file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                with contextlib.suppress(BrokenPipeError):  # overwritten while it was read
                    log += os.read(file, 8192)
        os.close(file)
    return re.search(rb"type=1326 .*\bpid=%d\b" % pid, log) is not None


@story
def a_worker_that_makes_a_forbidden_call_is_a_forbidden_syscall_that_is_named_where_the_kernel_tells(stage):
    recycler = Recycler(stage, 2).start()
    slot = recycler.slots[0]
    pid = recycler.slot(slot)["worker"]["pid"]
    assert ask(recycler.addresses[0], "nonce=1&forbid=acct") is None, "it was answered"
    record = recycler.wait_end(slot)
    recycler.wait_serving(slot, 2)
    assert (record["verdict"], record["pid"]) == ("forbidden-syscall", pid), str(record)
    assert "forbid=acct" in record["in_flight"]["uri"], str(record)
    told = kernel_told_of_a_filter(pid)
    named = facts(record).get("forbidden system call")
    assert named == f"acct ({platform.machine()})" or (named is None and not told), f"the kernel's log told of it: {told}; {record}"
    check_one_record_each(recycler, 1)
    return record["sentence"]


@story
def the_record_of_a_hung_worker_tells_what_each_of_its_threads_was_doing(stage):
    changes = {"app": {"command": [str(machine.TEST_PROGRAMS / "app"), "--threads", "3"]},
               "recycle": {"hung": "8s"}, "drain": {"stop_timeout": "1s"}}
    recycler = Recycler(stage, 2, changes).start()
    slot = recycler.slots[0]
    held = []
    for number, query in enumerate(["lock=60000", "lock=1", "busy=60000"], 1):
        held.append(Asking(recycler.addresses[0], f"nonce=1&{query}"))
        wait_until(lambda: recycler.slot(slot)["worker"]["requests"]["in_flight"] == number, 7, f"{query} is in flight")
    record = recycler.wait_end(slot, 20)
    assert record["verdict"] == "hung" and "lock=60000" in record["in_flight"]["uri"], str(record)
    threads = [value for name, value in facts(record).items() if re.fullmatch(r"thread \d+ \(app\)", name)]
    first_words = sorted(value.split(",")[0] for value in threads)
    assert first_words == ["running", "sleeping in clock_nanosleep", "sleeping in futex"], str(record["evidence"])
    for words in ["computes: it used ", "waits for a lock (futex)", "sleeps (clock_nanosleep)"]:
        assert words in record["sentence"], record["sentence"]
    for asking in held:
        asking.socket.close()
    return "; ".join(threads)


@story
def a_worker_that_waits_for_an_answer_is_hung_and_the_record_names_who_does_not_answer(stage):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        name = f"127.0.0.1:{deaf.getsockname()[1]}"
        changes = {"recycle": {"hung": "1s"}, "drain": {"stop_timeout": "1s"}}
        recycler = Recycler(stage, 1, changes).start()
        held = Asking(recycler.addresses[0], f"nonce=1&read={deaf.getsockname()[1]}")
        record = recycler.wait_end(recycler.slots[0], 20)
        held.socket.close()
    assert record["verdict"] == "hung", str(record)
    assert f"It waits for an answer from {name} (read of fd " in record["sentence"], record["sentence"]
    threads = [value for key, value in facts(record).items() if key.startswith("thread ")]
    assert len(threads) == 1 and re.match(rf"sleeping in read of fd \d+ \({name}\)", threads[0]), str(threads)
    return record["sentence"]


def tell_slow_upload(stage, unix: bool):
    changes = {"recycle": {"hung": "1s"}, "drain": {"stop_timeout": "1s"}}
    if unix:
        changes["app"] = {"listen": f"unix:{stage.path('slow.sock')}"}
    recycler = Recycler(stage, 1, changes).start()
    slot = recycler.status()["slots"][0]
    address = slot["address"].removeprefix("unix:") if unix else recycler.addresses[0]
    announced = request_bytes("nonce=1").replace(b"CONTENT_LENGTH0", b"CONTENT_LENGTH2")
    without_body = announced.removesuffix(stream_record(STDIN, b""))
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as balancer:
        balancer.connect(address)
        balancer.sendall(without_body)
        record = recycler.wait_end(slot["slot"], 20)
    assert record["verdict"] == "hung", str(record)
    assert "waits for the rest of its request from the balancer (read of fd" in record["sentence"], record["sentence"]
    return record["sentence"]


@story
def a_worker_whose_request_comes_slowly_is_hung_and_the_record_blames_nobody_else(stage):
    return tell_slow_upload(stage, unix=False)


@story
def a_worker_whose_request_comes_slowly_through_a_socket_file_is_hung_likewise(stage):
    return tell_slow_upload(stage, unix=True)


@story
def a_worker_that_never_accepts_is_a_start_failed_that_names_the_time_it_had(stage):
    recycler = Recycler(stage, 1, {"app": {"command": ["/bin/sleep", "1000"]}, "start": {"timeout": "1s"}}).launch()
    record = wait_until(lambda: (recycler.ends() or [None])[0], 20, "a record of the failed start")
    assert (record["kind"], record["verdict"]) == ("start-failure", "start-failed"), str(record)
    assert "start.timeout (1s)" in record["sentence"], str(record)
    return record["sentence"]


def tell_loss_of(stage, app: dict, gone: Path, spare: Path, step: str):
    """What a start needs is taken away under a running app, and comes back."""
    recycler = Recycler(stage, 2, {"app": app, "restart": {"backoff_max": "1s"}}).start()
    slot = recycler.slots[0]
    gone.rename(spare)
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    record = recycler.wait_end(slot, after=1)
    assert (record["kind"], record["verdict"]) == ("start-failure", "start-failed"), str(record)
    assert (facts(record)["failed step"], facts(record)["errno"].split()[0]) == (step, "ENOENT"), str(record["evidence"])
    assert str(gone) in record["sentence"], record["sentence"]
    assert ask(recycler.addresses[1]) is not None, "the other slot does not serve"
    spare.rename(gone)
    recycler.wait_serving(slot, 3, 30)
    assert ask(recycler.addresses[0]) is not None
    return record["sentence"]


@story
def a_program_that_is_taken_away_is_a_start_failed_until_it_is_back(stage):
    program = stage.path("app")
    shutil.copy(machine.TEST_PROGRAMS / "app", program)
    return tell_loss_of(stage, {"command": [str(program)]}, program, stage.path("app.away"), "exec")


@story
def a_directory_that_is_taken_away_is_a_start_failed_until_it_is_back(stage):
    directory = stage.path("home")
    directory.mkdir(mode=0o755)
    return tell_loss_of(stage, {"directory": str(directory)}, directory, stage.path("home.away"), "directory")


@story
def a_kill_where_no_cgroup_counts_and_no_signal_is_traced_is_unknown_and_the_record_says_what_was_checked(stage):
    machine.need_root()
    blind = machine.without_tracefs("/sys/fs/cgroup")
    recycler = Recycler(stage, 2, {"memory": {"enforcement": "preferred"}}, prefix=blind).start()
    slot = recycler.slots[0]
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    record = recycler.wait_end(slot)
    assert record["verdict"] == "unknown", str(record)
    missing = [words for words in ["wait status (SIGKILL)", "its own orders (none)", "no counter could be read"]
               if words not in record["sentence"]]
    assert not missing, f"{missing} not in: {record['sentence']}"
    recycler.wait_serving(slot, 2)
    return record["sentence"]


def own_memory_group() -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return memory_directory(path)
    return memory_directory(path)


@contextlib.contextmanager
def small_machine(name: str, limit: int):
    """A memory cgroup around a whole daemon, as a container has one; yields the words that start a command in it."""
    group = own_memory_group() / name
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(limit))
        yield ["sh", "-c", f'echo 0 > {group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        wait_until(lambda: not (group / "cgroup.procs").read_text(), 10, "the group is empty")
        group.rmdir()


@story
def a_worker_killed_for_the_limit_of_a_group_above_the_app_is_an_oom_host(stage):
    machine.need_memory_cgroup()
    if machine.memory_controller() != "v1":
        raise machine.Skip("a group of v2 that holds processes can limit nothing below it")
    name = f"story-machine-{os.getpid()}"
    prefix = stage.enter_context(small_machine(name, 96 << 20))
    recycler = Recycler(stage, 2, {"memory": {"max": "512MiB"}, "limits": {"core": "0"}}, prefix=prefix).start()
    slot = recycler.slots[0]
    assert name in recycler.slot(slot)["worker"]["cgroup"], str(recycler.slot(slot)["worker"])
    ask(recycler.addresses[0], "nonce=1&leak=131072", seconds=30)
    record = recycler.wait_end(slot, 20)
    assert record["verdict"] == "oom-host", f"{record['verdict']}: {record['sentence']} {record['evidence']}"
    recycler.wait_serving(slot, 2)
    recycler.stop()
    return record["sentence"]
