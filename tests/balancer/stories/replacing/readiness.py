# SPDX-License-Identifier: MIT
"""start.ready: nobody is sent to a worker that cannot answer yet."""

import os
import signal

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.clients.held import Held
from harness.clients.load import Load, in_words, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection

STORIES = Collection()

LATE_MS = 3000  # twice as long as any answer may take beside it
LATE = {"command": [str(machine.TEST_PROGRAMS / "late")], "environment": {"LATE_MS": str(LATE_MS)}}
LANGUAGES = {
    "libfcgi": {"command": [str(machine.TEST_PROGRAMS / "app")]},
    "perl": {"command": ["/usr/bin/perl", str(machine.TEST_PROGRAMS / "app.pl")]},
    "php": {"command": ["/usr/bin/php-cgi"]},
}


def overlap(ready: str, **app) -> dict:
    return {"app": app, "start": {"ready": ready, "timeout": "20s"}, "capacity": {"handover": "overlap"}}


def worst_while_recycling(stage, ready: str) -> dict:
    """Two workers that come to accept() long before they answer, each recycled once under load."""
    recycler = Recycler(stage, 2, overlap(ready, **LATE)).start()
    web = Lighttpd(stage, recycler.addresses)
    for address in recycler.addresses:
        assert ask(address, "nonce=1", 20) is not None  # the first ones are warm
    client = Load(stage, web.url, duration=60, connections=4, post=30)
    for slot in recycler.slots:
        recycler.ctl("recycle", slot)
    summary = client.end()
    assert lost(summary) == 0 and web.refused() == 0, in_words(summary)
    for slot in recycler.slots:
        assert recycler.wait_end(slot)["verdict"] == "recycled", recycler.ends()
    return summary


def tell_late_worker(stage):
    machine.need_root()
    probed = worst_while_recycling(stage, "probe")
    assert probed["latency_ms"]["max"] < LATE_MS / 2, f"somebody waited for a worker that was not ready: {in_words(probed)}"
    return in_words(probed)


def tell_control(stage):
    machine.need_root()
    accepting = worst_while_recycling(stage, "accept")
    assert accepting["latency_ms"]["max"] > LATE_MS / 2, f"this worker shows nothing: {in_words(accepting)}"
    return in_words(accepting)


STORIES.add("with ready = probe a worker that accepts before it can answer keeps nobody waiting", tell_late_worker)
def tell_duration(stage):
    machine.need_root()
    waited = worst_while_recycling(stage, f"{LATE_MS + 1000}ms")
    assert waited["latency_ms"]["max"] < LATE_MS / 2, f"somebody waited for a worker that was not ready: {in_words(waited)}"
    return in_words(waited)


STORIES.add("with ready = a duration longer than it takes to boot nobody waits for the same worker", tell_duration)
STORIES.add("with ready = accept the same worker does, so the check above can fail", tell_control)


# Boots before it comes to accept(). RECYCLER_BOOT_MS sets how long, so that a boot of 20 s need not be waited for each time.
BOOT_MS = int(os.environ.get("RECYCLER_BOOT_MS", 1500))
SLOW = {"command": [str(machine.TEST_PROGRAMS / "app"), "--at-start", f"sleep={BOOT_MS}"]}


def tell_slow_start(stage, handover: str, ready: str = "accept"):
    """One of two is recycled under load; whoever is sent to it while the next one boots may wait, and is answered."""
    machine.need_root()
    changes = {"app": SLOW, "start": {"ready": ready, "timeout": "60s"}, "capacity": {"handover": handover}}
    recycler = Recycler(stage, 2, changes).start(60)
    web = Lighttpd(stage, recycler.addresses)
    client = Load(stage, web.url, duration=120, connections=4, post=30, deadline=60)
    recycler.ctl("recycle", recycler.slots[0])
    summary = client.end()
    assert lost(summary) == 0, in_words(summary)
    assert recycler.wait_end(recycler.slots[0])["verdict"] == "recycled", recycler.ends()
    if handover in ("overlap", "auto"):
        assert web.refused() == 0, "the old one serves until the next one is ready"
        assert summary["latency_ms"]["max"] < BOOT_MS, f"somebody waited for the boot: {in_words(summary)}"
    return in_words(summary)


for mode in ["overlap", "queue", "close", "auto"]:
    STORIES.add(f"a worker that boots slowly is recycled by {mode} and no request is lost", tell_slow_start, handover=mode)
STORIES.add("a worker that boots slowly is recycled when it answers the probe and no request is lost", tell_slow_start,
            handover="overlap", ready="probe")


@STORIES.story
def a_worker_that_boots_slowly_is_killed_while_idle_and_no_request_is_lost(stage):
    machine.need_root()
    recycler = Recycler(stage, 2, {"app": SLOW}).start(60)
    web = Lighttpd(stage, recycler.addresses)
    (slot, _) = recycler.slots
    os.kill(recycler.slot(slot)["worker"]["pid"], signal.SIGKILL)
    client = Load(stage, web.url, duration=120, connections=4, post=30, deadline=60)
    recycler.wait_serving(slot, 2, 60)
    summary = client.end()
    assert lost(summary) == 0, in_words(summary)
    return in_words(summary)


def one_slot(stage, app: dict, unix: bool) -> Recycler:
    policy = overlap("probe", **app)
    if unix:
        stage.path("s").mkdir(mode=0o755)
        policy["app"] = {**app, "listen": f"unix:{stage.path('s')}/%s.sock", "workers": 1}
    return Recycler(stage, 1, policy)


def tell_answers(stage, app: dict, unix: bool):
    machine.need_root()
    machine.need_program(app["command"][0])
    recycler = one_slot(stage, app, unix).start()
    slot = recycler.status()["slots"][0]["slot"]
    recycler.ctl("recycle", slot)
    assert recycler.slot(slot)["worker"]["generation"] == 2
    assert recycler.wait_end(slot)["verdict"] == "recycled", recycler.ends()


PLACES = {"a port": False, "a unix socket": True}
for language, command in LANGUAGES.items():
    for place, unix in PLACES.items():
        STORIES.add(f"{language} answers the probe on {place} and is handed over to", tell_answers, app=command, unix=unix)

# It accepts and knows requests, and no FCGI_GET_VALUES: with ready = accept it would serve.
MUTE = {"app": {"command": [str(machine.TEST_PROGRAMS / "loop")]}, "start": {"timeout": "1s"}}


def tell_mute_successor(stage, unix: bool):
    machine.need_root()
    recycler = one_slot(stage, LANGUAGES["libfcgi"], unix).start()
    (slot,) = recycler.status()["slots"]
    before = slot["worker"]["pid"]
    recycler.write_policy(MUTE)
    recycler.ctl("reload")
    record = wait_until(lambda: next((end for end in recycler.ends() if end["generation"] == 2), None), 15,
                        "the record of the replacement")
    assert (record["kind"], record["verdict"]) == ("start-failure", "start-failed"), record
    assert "start.timeout" in record["sentence"], record["sentence"]
    now = recycler.slot(slot["slot"])["worker"]
    assert now["pid"] == before and now["state"] == "serving", f"the old worker goes on: {now}"
    answer = ask(slot["address"].removeprefix("unix:") if unix else recycler.addresses[0], "nonce=after")
    assert answer and int(answer["pid"]) == before, f"another one answered: {answer}"
    return record["sentence"]


for place, unix in PLACES.items():
    STORIES.add(f"a worker that never answers the probe on {place} is not handed over to", tell_mute_successor, unix=unix)


@STORIES.story
def a_first_worker_that_never_answers_the_probe_on_a_unix_socket_does_not_count_as_ready(stage):
    machine.need_root()
    recycler = one_slot(stage, {}, unix=True)
    recycler.write_policy(MUTE)
    recycler.launch()

    def given_up():
        return next((line for line in recycler.report() if line.get("event") == "stopping"), None)
    assert wait_until(given_up, 15, "it is given up")["text"] == "it was not ready within start.timeout", str(recycler.report())
    assert not [line for line in recycler.report() if line.get("event") == "ready"], str(recycler.report())
    record = wait_until(lambda: next(iter(recycler.ends()), None), 10, "it is ended: our own question is no client of its")
    assert (record["kind"], record["verdict"]) == ("start-failure", "start-failed"), record
    return record["sentence"]


@STORIES.story
def a_queue_that_outlasts_start_timeout_does_not_keep_the_next_worker_from_serving_it(stage):
    """Its probe would be answered after all of them."""
    machine.need_root()
    recycler = one_slot(stage, LANGUAGES["libfcgi"], unix=True)
    recycler.write_policy({"start": {"timeout": "1s"}})
    recycler.start()
    (slot,) = recycler.status()["slots"]
    path = slot["address"].removeprefix("unix:")
    dying = Held(path, "nonce=dying&crash=segv")
    wait_until(lambda: recycler.slot(slot["slot"])["worker"]["requests"]["in_flight"] == 1, 20, "it is in flight")
    waiting = [Asking(path, f"nonce={number}&sleep=300") for number in range(8)]
    assert dying.release().answer() is None
    answers = [asking.answer(20) for asking in waiting]
    assert [answer and answer["nonce"] for answer in answers] == [str(number) for number in range(8)], answers
    recycler.wait_recorded()
    assert [(end["kind"], end["verdict"]) for end in recycler.ends()] == [("end", "crashed")], recycler.ends()
    return f"the last of them waited {waiting[-1].answered_at - dying.answered_at:.1f} s"
