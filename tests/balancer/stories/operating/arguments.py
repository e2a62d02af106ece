# SPDX-License-Identifier: MIT
"""How recyclerd is called: what it only checks, what it only decides, and what it does not understand."""

import json
import subprocess

from harness import machine
from harness.clients.fastcgi import ask
from harness.clients.held import Held
from harness.daemon.recycler import Recycler, Refused
from harness.memory import cgroups_of
from harness.processes import wait_until
from harness.stories import Collection
from stories.operating.refusals import POLICY_ERROR

STORIES = Collection()
story = STORIES.story

WRONG_USAGE = 64
SAYS_SO = "a dry run"


def called(recycler: Recycler, *words) -> tuple[int, str]:
    """Exit status and output of a recyclerd that is to end by itself."""
    argv = [machine.PROGRAMS / "recyclerd", *words]
    done = subprocess.run(argv, env=recycler.environment, capture_output=True, text=True, timeout=15)
    return done.returncode, done.stdout + done.stderr


@story
def a_policy_is_checked_and_nothing_is_started(stage):
    recycler = Recycler(stage, 2, {"recycle": {"requests": 5}})
    recycler.write_policy()
    status, said = called(recycler, "--check", recycler.policy_file)
    assert (status, said) == (0, f"{recycler.policy_file}: no faults\n"), f"exit {status}: {said}"
    recycler.write_policy({"recycle": {"reqests": 5, "age": "soon"}, "drain": {"timeout": -1}})
    status, said = called(recycler, "--check", recycler.policy_file)
    assert status == POLICY_ERROR, f"exit {status}: {said}"
    lines = recycler.policy_file.read_text().splitlines()
    for key, fault in [("reqests", "recycle.reqests"), ("age", "recycle.age"), ("timeout", "drain.timeout")]:
        line = next(number for number, text in enumerate(lines, 1) if text.startswith(f"{key} ="))
        place = f"{recycler.policy_file}:{line}:"
        assert any(place in words and fault in words for words in said.splitlines()), f"{place} {fault}: {said}"
    assert called(recycler, "--check", stage.path("none.toml"))[0] == POLICY_ERROR
    assert not stage.path("run").exists() and not recycler.report_file.exists() and not cgroups_of(recycler.app), "it was started"
    return said.splitlines()[0]


@story
def recyclerctl_checks_the_policy_of_an_app_by_its_name_and_says_which_file_it_read(stage):
    def checked(word: str) -> tuple[int, dict]:
        argv = [machine.PROGRAMS / "recyclerctl", "--json", "check", word]
        done = subprocess.run(argv, cwd=stage.directory, capture_output=True, text=True, timeout=15)
        return done.returncode, json.loads(done.stdout)
    status, report = checked("story-none")
    assert status == 1 and report["file"] == report["faults"][0]["file"] == "/etc/recycler/story-none.toml", report
    stage.path("story-none").write_text("[memory]\nmax = \"lots\"\n")  # a word was a file before it was a name
    status, report = checked("story-none")
    assert status == 1 and {fault["file"] for fault in report["faults"]} == {"story-none"}, report


@story
def the_policy_of_an_app_that_runs_is_checked_and_the_app_is_not_disturbed(stage):
    recycler = Recycler(stage, 2).start()
    pids = recycler.worker_pids()
    status, said = called(recycler, "--check", recycler.policy_file)
    assert status == 0, f"exit {status}: {said}"
    assert recycler.worker_pids() == pids and ask(recycler.addresses[0]) is not None


@story
def what_recyclerd_does_not_understand_is_wrong_usage(stage):
    recycler = Recycler(stage, 2)
    recycler.write_policy()
    told = []
    for words, named in [([], "APP"), (["--bogus", recycler.policy_file], "--bogus"), ([recycler.policy_file, "more"], "more")]:
        status, said = called(recycler, *words)
        assert status == WRONG_USAGE and named in said and "--help" in said, f"{words}: exit {status}: {said}"
        told.append(said.splitlines()[0])
    return "; ".join(told)


@story
def recyclerd_tells_its_version_and_its_options(stage):
    recycler = Recycler(stage, 2)
    status, version = called(recycler, "--version")
    assert status == 0 and version == f"recyclerd {recycler.ctl('--version').split()[1]}\n", version
    status, said = called(recycler, "--help")
    assert status == 0 and all(option in said for option in ["--check", "--dry-run", "--version", "APP"]), said
    return version.strip()


@story
def a_dry_run_decides_and_retires_nobody(stage):
    recycler = Recycler(stage, 2, {"recycle": {"requests": 5, "hung": "1s"}}, flags=["--dry-run"]).start()
    counted, hung = recycler.slots
    pids = recycler.worker_pids()

    def due(slot: str) -> str | None:
        now = recycler.slot(slot)["due"]
        assert now is None or SAYS_SO in now["waiting_for"], str(now)
        return now and now["trigger"]
    for number in range(6):
        assert ask(recycler.addresses[0], f"nonce={number}") is not None
    wait_until(lambda: due(counted) == "requests", 10, "one is due for its count")
    held = Held(recycler.addresses[1], "nonce=held")
    # Meanwhile the first one is looked at, and decided upon, again and again.
    wait_until(lambda: due(hung) == "hung", 10, "the other is due for its request")
    assert due(counted) == "requests" and ask(recycler.addresses[0]) is not None, str(recycler.slot(counted))
    try:
        recycler.ctl("recycle", counted)
        raise AssertionError("the recycle was not refused")
    except Refused as refused:
        assert refused.status == 1 and SAYS_SO in refused.sentence, str(refused)
    assert held.release().answer() is not None, "the request that hung was cut"
    wait_until(lambda: due(hung) is None, 10, "an answered request hangs no more")
    assert recycler.worker_pids() == pids and recycler.ends() == [], str(recycler.ends())
    assert any(SAYS_SO in sentence for sentence in recycler.status()["limitations"]), str(recycler.status()["limitations"])
    decided = {(line["slot"], line["trigger"]) for line in recycler.report() if line.get("event") == "due"}
    assert decided == {(counted, "requests"), (hung, "hung")}, str(decided)
    assert recycler.stop() == 0
    return recycler.ends()[0]["sentence"]
