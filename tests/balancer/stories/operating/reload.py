# SPDX-License-Identifier: MIT
"""A changed policy is taken up whole, or not at all, without a lost request."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from harness import machine
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.held import Held
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_gone, wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

MIB = 1 << 20


def refused(recycler: Recycler) -> str:
    """The words in which a reload is refused."""
    try:
        recycler.ctl("reload")
    except Refused as refusal:
        assert refusal.status == 1, str(refusal)
        return refusal.sentence
    raise AssertionError("the reload was not refused")


def named(recycler: Recycler, event: str) -> list[dict]:
    return [line for line in recycler.events() if line["event"] == event]


def all_of_generation(recycler: Recycler, generation: int) -> bool:
    return all(recycler.serves(slot) and slot["worker"]["generation"] == generation for slot in recycler.status()["slots"])


@story
def a_reload_of_a_new_trigger_recycles_nobody_and_is_in_force_at_once(stage):
    recycler = Recycler(stage, 3).start()
    pids = recycler.worker_pids()
    recycler.write_policy({"recycle": {"requests": 5}, "app": {"backlog": 77}})
    said = recycler.ctl("reload")
    assert "recycle.requests" in said and "app.backlog" in said, said
    assert recycler.worker_pids() == pids, "a new trigger alone recycles nobody"
    for _ in range(6):
        assert ask(recycler.addresses[0]) is not None
    recycler.wait_serving(recycler.slots[0], 2)
    assert recycler.ctl("reload") == "the policy is unchanged\n"
    return said


@story
def a_broken_policy_is_refused_whole_with_every_fault_and_changes_nothing(stage):
    recycler = Recycler(stage, 3).start()
    before = recycler.status()
    good = recycler.policy
    recycler.write_policy({"recycle": {"reqests": 7, "age": "soon"}, "app": {"environment": {"COLOUR": "blue"}}})
    words = refused(recycler)
    assert "reqests" in words and "requests" in words and "recycle.age" in words and f"{recycler.policy_file}:" in words, words
    recycler.process.signal(signal.SIGHUP)
    wait_until(lambda: len(named(recycler, "policy-refused")) == 2, 20, "both refusals are events")
    after = recycler.status()
    assert after["policy"] == before["policy"], "another policy counts as loaded"
    assert [slot["worker"]["pid"] for slot in after["slots"]] == [slot["worker"]["pid"] for slot in before["slots"]]
    assert not any(slot["due"] for slot in after["slots"]), str(after["slots"])
    recycler.policy = good
    return words


@story
def sighup_takes_up_a_changed_policy_too(stage):
    recycler = Recycler(stage, 2).start()
    recycler.write_policy({"app": {"environment": {"COLOUR": "blue"}}})
    recycler.process.signal(signal.SIGHUP)
    wait_until(lambda: all_of_generation(recycler, 2), 20, "every worker is recycled")
    assert len(named(recycler, "policy-loaded")) == 1, str(recycler.events())
    recycler.wait_recorded()
    assert recycler.status()["totals"]["recycles"] == {"policy": 2}, str(recycler.status()["totals"])


@story
def a_reload_for_another_environment_and_limit_recycles_every_worker_under_load(stage):
    recycler = Recycler(stage, 4, {"memory": {"max": "96MiB"}} if machine.memory_controller() else None).start()
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=300, query="sleep=0-2", progress=0.1)
    wait_until(lambda: (client.latest() or {"answered": 0})["answered"] > 500, 60, "the load runs")
    recycler.write_policy({"app": {"environment": {"COLOUR": "blue"}}, "memory": {"max": "128MiB"}})
    recycler.ctl("reload")
    wait_until(lambda: all_of_generation(recycler, 2), 30, "every worker is recycled for its new environment")
    summary = client.end()
    recycler.wait_recorded()
    status = recycler.status()
    assert status["totals"]["recycles"] == {"policy": 4}, str(status["totals"])
    environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in recycler.worker_pids()]
    assert all(b"COLOUR=blue" in environment for environment in environments)
    assert all(slot["worker"]["memory"]["max"] == 128 * MIB for slot in status["slots"]), str(status["slots"])
    assert lost(summary) == 0, load.in_words(summary)
    return load.in_words(summary)


@story
def a_reload_that_moves_the_ports_starts_the_new_slots_first(stage):
    recycler = Recycler(stage, 3).start()
    kept = recycler.slot(recycler.slots[1])["worker"]["pid"]
    first = recycler.first_port
    busy = Held(recycler.addresses[0], "nonce=busy")
    wait_until(lambda: recycler.slot(recycler.slots[0])["worker"]["requests"]["in_flight"] == 1, 20, "the request is in flight")
    recycler.write_policy({"app": {"listen": f"127.0.0.1:{first + 1}-{first + 3}"}})
    recycler.ctl("reload")
    busy.release()
    names = [str(first + i) for i in (1, 2, 3)]
    wait_until(lambda: [slot["slot"] for slot in recycler.status()["slots"]] == names
               and all(recycler.serves(slot) for slot in recycler.status()["slots"]), 20, "the new slots serve, the old is gone")
    answer = busy.answer()
    assert answer and answer["nonce"] == "busy", "the removed slot's last request was lost"
    wait_until(lambda: not machine.listens(("127.0.0.1", first)), 10, "the removed slot takes no more connects")
    assert recycler.slot(names[0])["worker"]["pid"] == kept, "a kept slot was touched"
    # And back: the name goes on where it was, also in a controller that came later.
    controller = recycler.controller()
    os.kill(controller, signal.SIGKILL)
    assert wait_gone(controller, 20)
    wait_until(lambda: named(recycler, "controller-replaced"), 10, "the controller is replaced")
    recycler.write_policy({"app": {"listen": f"127.0.0.1:{first}-{first + 2}"}})
    recycler.ctl("reload")
    recycler.wait_serving(str(first), 2)
    assert ask(("127.0.0.1", first)) is not None
    wait_until(lambda: str(first + 3) not in [slot["slot"] for slot in recycler.status()["slots"]], 10, "the last one is gone")
    names = [(record["slot"], record["generation"]) for record in recycler.ends()]
    assert len(set(names)) == len(names), str(names)


@story
def a_reload_that_cannot_be_had_without_a_restart_says_so_and_changes_nothing(stage):
    recycler = Recycler(stage, 2).start()
    good = recycler.policy
    recycler.write_policy({"app": {"name": "another"}, "recycle": {"requests": 3}})
    words = refused(recycler)
    assert "app.name" in words and "restart" in words, words
    recycler.policy = good
    taken = recycler.first_port + 2
    holder = machine.hold_port(taken)
    recycler.write_policy({"app": {"listen": f"127.0.0.1:{recycler.first_port}-{taken}"}})
    in_use = refused(recycler)
    assert str(taken) in in_use, in_use
    holder.close()
    assert [slot["slot"] for slot in recycler.status()["slots"]] == recycler.slots, str(recycler.status()["slots"])
    recycler.ctl("reload")
    recycler.wait_serving(str(taken), 1)
    return words.strip() + "\n" + in_use.strip()


@story
def unix_sockets_are_added_and_removed_by_a_reload(stage):
    folder = stage.path("s")
    folder.mkdir(mode=0o755)
    recycler = Recycler(stage, 2, {"app": {"listen": f"unix:{folder}/%s.sock", "workers": 2, "socket_mode": "0666"}})
    recycler.launch()
    wait_until(recycler.all_serving, 20, "both sockets serve")
    recycler.write_policy({"app": {"workers": 3, "socket_mode": "0600"}})
    recycler.ctl("reload")
    wait_until(lambda: len(recycler.status()["slots"]) == 3 and all(map(recycler.serves, recycler.status()["slots"])), 10, "three")
    paths = [slot["address"].removeprefix("unix:") for slot in recycler.status()["slots"]]
    modes = [oct(os.stat(path).st_mode & 0o777) for path in paths]
    assert modes == ["0o600"] * 3, str(modes)
    recycler.write_policy({"app": {"workers": 1}})
    recycler.ctl("reload")
    wait_until(lambda: len(recycler.status()["slots"]) == 1, 10, "one is left")
    left = sorted([Path(paths[0]).name, Path(paths[0]).name + ".1"])
    wait_until(lambda: sorted(path.name for path in folder.iterdir()) == left, 10, f"{left} are left: {list(folder.iterdir())}")


@story
def a_controller_killed_during_reloads_leaves_the_old_policy_or_the_new_one(stage):
    recycler = Recycler(stage, 3).start()
    web = Lighttpd(stage, recycler.addresses)
    # Controllers that die young are started again ever later, up to 5 s: a new slot may wait that long for its first worker.
    client = Load(stage, web.url, duration=600, query="sleep=0-2", deadline=20)
    first = recycler.first_port
    spans = [(first, first + 2), (first + 1, first + 2)]
    for turn in range(10):
        low, high = spans[turn % 2]
        recycler.write_policy({"app": {"listen": f"127.0.0.1:{low}-{high}", "environment": {"TURN": str(turn)}}})
        controller, told = recycler.controller(), outcomes(recycler)
        recycler.process.signal(signal.SIGHUP)
        if turn % 2 == 0:
            wait_until(lambda: outcomes(recycler) > told, 30, "it is being taken up, or refused")
            controller = wait_until(recycler.controller, 30, "a controller")  # the one before has made room for it
        with suppress(ProcessLookupError):  # it may be making room right now
            os.kill(controller, signal.SIGKILL)
        assert wait_gone(controller, 20)
        wait_until(lambda: recycler.controller() not in (None, controller), 30, "another controller")
    # Whichever was in force: the last policy is taken up whole in the end.
    recycler.write_policy({"app": {"listen": f"127.0.0.1:{first}-{first + 2}", "environment": {"TURN": "last"}}})
    wait_until(lambda: reloads(recycler), 20, "the last policy is accepted")

    def all_last() -> bool:
        slots = recycler.status()["slots"]
        return (len(slots) == 3 and all(map(recycler.serves, slots))
                and all(b"TURN=last" in Path(f"/proc/{slot['worker']['pid']}/environ").read_bytes() for slot in slots))
    wait_until(all_last, 40, "every slot of the last policy serves with its environment")
    summary = client.end()
    names = [(record["slot"], record["generation"]) for record in recycler.ends()]
    assert len(set(names)) == len(names), str(sorted(names))
    assert lost(summary) == 0, load.in_words(summary)
    return load.in_words(summary)


def outcomes(recycler: Recycler) -> int:
    """How many reloads were taken up or refused, over all controllers."""
    return sum(line.get("event") in ("policy-loaded", "policy-refused") for line in recycler.report())


def reloads(recycler: Recycler) -> bool:
    """Whether the reload was accepted; not while a slot of the same name is still leaving."""
    try:
        recycler.ctl("reload")
    except Refused as refusal:
        assert "reload again" in refusal.sentence or refusal.status == 3, str(refusal)
        return False
    return True


def another_program(path: Path, source: Path) -> None:
    """Puts a copy in the place of a program, as a package does: a new file under the old name."""
    fresh = path.with_suffix(".new")
    shutil.copy2(source, fresh)
    fresh.rename(path)


@story
def a_reload_takes_a_new_controller_into_use_and_keeps_the_workers(stage):
    installed = stage.path("programs") / "recycler-controller"
    installed.parent.mkdir()
    for name in ("recycler-controller", "recycler-recorder.so"):
        shutil.copy2(machine.PROGRAMS / name, installed.parent / name)
    recycler = Recycler(stage, 4)
    recycler.environment["RECYCLER_CONTROLLER"] = str(installed)
    recycler.start()
    pids, first = recycler.worker_pids(), recycler.controller()
    client = Load(stage, Lighttpd(stage, recycler.addresses).url, duration=300, query="sleep=0-2", progress=0.1)
    wait_until(lambda: (client.latest() or {"answered": 0})["answered"] > 200, 60, "the load runs")
    another_program(installed, machine.PROGRAMS / "recycler-controller")
    recycler.write_policy({"recycle": {"requests": 1000000}})
    said = recycler.ctl("reload")
    assert "recycle.requests" in said, said
    second = recycler.controller()
    assert second != first and os.path.samefile(f"/proc/{second}/exe", installed), f"{first} {second}"
    assert len(named(recycler, "upgraded")) == 1 and not named(recycler, "controller-replaced"), str(recycler.events())
    # One that does not work: the one before goes on, and says so as often as it is asked.
    another_program(installed, Path("/bin/false"))
    for _ in range(2):
        assert "does not work" in refused(recycler)
    assert os.path.realpath(f"/proc/{recycler.controller()}/exe").endswith(" (deleted)")
    # And one that works again, by signal.
    another_program(installed, machine.PROGRAMS / "recycler-controller")
    recycler.write_policy({"app": {"backlog": 77}})
    recycler.process.signal(signal.SIGHUP)
    wait_until(lambda: len(named(recycler, "policy-loaded")) == 2, 15, "the new program has read the policy")
    assert os.path.samefile(f"/proc/{recycler.controller()}/exe", installed)
    summary = client.end()
    assert recycler.worker_pids() == pids, "an upgrade touches no worker"
    assert lost(summary) == 0, load.in_words(summary)
    return load.in_words(summary)
