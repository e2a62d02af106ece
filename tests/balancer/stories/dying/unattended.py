# SPDX-License-Identifier: MIT
"""Slots whose starts fail: nobody waits for long, each lost request is told, and no request is sent twice."""

import http.client
import json
import os
import signal
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from harness import machine
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.operating.explained import explain

STORIES = Collection(waits=True)
story = STORIES.story

# A release that is broken once the file is there.
RELEASE = 'if [ -e "$0" ]; then echo "bad release: no database" >&2; exit 1; fi; exec "$1"'
TIMEOUT = 3  # restart.queue_timeout
# The last start before the gate closes may take a while on a busy machine, and its failure is told behind it.
BOUND = TIMEOUT + 3


class Client(threading.Thread):
    """GETs and POSTs in turn, one after another, until it is told to stop; every answer with how long it took."""

    def __init__(self, port: int, number: int):
        super().__init__(daemon=True)
        self.port, self.number, self.stopped = port, number, False
        self.answers: list[tuple] = []  # (at, method, status, seconds, right)
        self.start()

    def run(self) -> None:
        turn = 0
        while not self.stopped:
            turn += 1
            nonce = f"{self.number}.{turn}"
            method = "POST" if turn % 2 else "GET"
            body = b"x" * 200 if method == "POST" else None
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request(method, f"/?nonce={nonce}&sleep=5", body)
                answer = connection.getresponse()
                text = answer.read().decode(errors="replace")
                status = answer.status
            except (OSError, http.client.HTTPException) as error:
                text, status = "", type(error).__name__
            connection.close()
            right = f"nonce={nonce} " in text and f"length={200 if body else 0} " in text
            self.answers.append((time.time(), method, status, time.monotonic() - began, right))
            if status != 200:
                time.sleep(0.05)


def breaking(stage, count: int, changes: dict | None = None, **options) -> tuple[Recycler, object]:
    """A daemon whose starts fail as soon as the file is there."""
    broken = stage.path("broken")
    command = ["/bin/sh", "-c", RELEASE, str(broken), str(machine.TEST_PROGRAMS / "app")]
    app = {"command": command} | ({"socket_mode": "0666"} if options.get("sockets") else {})
    restart = {"queue_timeout": f"{TIMEOUT}s", "backoff_max": "8s"}
    return Recycler(stage, count, {"app": app, "restart": restart} | (changes or {}), **options), broken


def turned_away(recycler: Recycler) -> list[dict]:
    return [line for line in recycler.report() if line.get("event") == "turned-away"]


def tell_all_starts_fail(stage, name: str, sockets: bool):
    machine.need_gates()
    recycler, broken = breaking(stage, 2, sockets=stage.path("sockets") if sockets else None)
    if sockets:
        stage.path("sockets").mkdir(mode=0o755)
    recycler.start()
    port = machine.free_ports(1)
    Balancer(stage, name, snippets.recommended(name, recycler.addresses, port), port)
    clients = [Client(port, number) for number in range(8)]
    wait_until(lambda: all([answer[2] for answer in client.answers].count(200) > 3 for client in clients), 20, "all clients are answered")
    broken.touch()
    fell = time.time()
    for pid in recycler.worker_pids():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: any(line.get("event") == "serves-nobody" for line in recycler.report()), 30, "it is said that nobody is served")
    refusing = len(clients[0].answers)
    wait_until(lambda: len(clients[0].answers) > refusing + 5, 20, "who comes then is refused quickly")
    status = recycler.status()
    assert {slot["gate"] for slot in status["slots"]} == {"closed"}, str(status["slots"])
    assert any("No slot can start a worker" in sentence for sentence in status["limitations"]), str(status["limitations"])
    broken.unlink()
    recycler.write_policy({"restart": {"burst": 6}})  # whoever mends it says so, and need not wait for the brake
    recycler.ctl("reload")
    mended = time.time()
    wait_until(recycler.all_serving, 20, "all serve again")
    # lighttpd takes some seconds to believe in a worker again.
    wait_until(lambda: all(any(answer[0] > mended and answer[2] == 200 for answer in list(client.answers)) for client in clients),
               20, "clients are served")
    for client in clients:
        client.stopped = True
    for client in clients:
        client.join(60)
    answers = [answer for client in clients for answer in client.answers]
    longest = max(answer[3] for answer in answers)
    wrong = [answer for answer in answers if answer[2] == 200 and not answer[4]]
    statuses = Counter((method, status) for _, method, status, _, _ in answers)
    told = turned_away(recycler)
    lost = sum(line["count"] for line in told)
    back = min(at for at, _, status, _, _ in answers if status == 200 and at > mended)
    figures = (f"{dict(statuses)}, longest {longest:.1f} s, {lost} turned away in {len(told)} lines, "
               f"served again {back - mended:.2f} s after the reload")
    assert longest <= BOUND, figures
    assert not wrong, f"wrong answers: {wrong}; {figures}"
    assert statuses.keys() <= {(m, s) for m in ("GET", "POST") for s in (200, 502, 503, 500)}, figures
    # Whoever waited was in a queue: each one is told, with what was to blame.
    assert lost == recycler.status()["totals"]["turned_away"], figures
    waited = [answer for answer in answers if answer[3] > 1 and answer[0] > fell and answer[2] != 200]
    assert lost >= len(waited) > 0, f"{len(waited)} waited for nothing; {figures}"
    assert all(line["verdict"] == "exited" and line["generation"] for line in told), str(told)
    # And by what it had asked for, the first few.
    named = [request for line in told for request in line["requests"].split(", ")]
    assert {request.split()[0] for request in named} <= {"GET", "POST"} and all("nonce=" in request for request in named), str(named)
    (again,) = [line for line in recycler.report() if line.get("event") == "serves-again"]
    assert 0 < again["count"] <= lost, f"{again}; {figures}"
    failed = [end for end in recycler.ends() if end["kind"] == "start-failure"]
    assert max(end["turned_away"] for end in failed) > 0, str(failed[-1])
    assert "Turned away meanwhile: " in failed[-1]["sentence"], failed[-1]["sentence"]
    return f"{figures}; {again['text']}; {told[0]['text']}"


for name in ("nginx", "apache", "lighttpd", "haproxy"):
    STORIES.add(f"all starts fail from one moment on and everybody behind {name} is answered soon, and served when it is mended",
                tell_all_starts_fail, name=name, sockets=False)
STORIES.add("all starts fail from one moment on and everybody behind nginx on unix sockets is answered soon, and served when it is mended",
            tell_all_starts_fail, name="nginx", sockets=True)


def queued(port: int) -> int:
    """Connections that wait to be accepted there."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and int(words[1].partition(":")[2], 16) == port:
            return int(words[4].partition(":")[2], 16)
    return 0


@story
def what_waited_behind_one_dead_worker_is_found_by_explain(stage):
    machine.need_gates()
    recycler, broken = breaking(stage, 1)
    recycler.start()
    port = machine.free_ports(1)
    Balancer(stage, "nginx", snippets.recommended("nginx", recycler.addresses, port), port)
    pid = recycler.slot(recycler.slots[0])["worker"]["pid"]
    os.kill(pid, signal.SIGSTOP)  # so that what comes now waits in its queue
    answers = []

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"/?nonce=w.{number}")
        answers.append(connection.getresponse().status)

    asking = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for each in asking:
        each.start()
    wait_until(lambda: queued(recycler.first_port) >= 4, 10, "they wait in its queue")
    broken.touch()
    os.kill(pid, signal.SIGKILL)
    for each in asking:
        each.join(60)
    assert set(answers) == {502} and len(answers) == 5, str(answers)


    def explained() -> dict | None:
        """What nginx has written, once all of it is explained by what was told."""
        told = turned_away(recycler)
        done = explain(["--json", "--app", recycler.app, "explain", stage.path("nginx") / "error.log"], recycler.environment)
        assert done.returncode == 0, done.stderr.decode()
        log = json.loads(done.stdout)
        causes = {cause["cause"]: cause for cause in log["causes"]}
        all_told = causes.get("turned-away", {"lines": 0})["lines"] == sum(line["count"] for line in told) > 0
        return log if all_told and "unexplained" not in causes else None
    log = wait_until(explained, 20, f"all is explained by what was told: {turned_away(recycler)}")
    (turned,) = [cause for cause in log["causes"] if cause["cause"] == "turned-away"]
    assert turned["standing"] == "explained", str(log)
    deaths = [death for death in log["worst_deaths"] if death["verdict"] == "turned-away"]
    assert deaths and "waited for a worker" in deaths[0]["sentence"], str(log["worst_deaths"])
    return deaths[0]["sentence"]


def fresh_worker(recycler: Recycler, slot: str) -> dict | None:
    now = recycler.slot(slot)
    return now["worker"] if recycler.serves(now) and not now["next"] and not now["due"] and now["worker"]["age_s"] < 1 else None


@story
def a_slot_whose_workers_live_shortly_forgets_an_outage(stage):
    recycler, broken = breaking(stage, 1, {"recycle": {"age": "2s", "spread": "0%"},
                                           "restart": {"burst": 2, "within": "6s", "backoff_max": "1s"}})
    broken.touch()
    recycler.launch()
    wait_until(lambda: any(line.get("event") == "braked" for line in recycler.report()), 20, "it is braked")
    broken.unlink()
    wait_until(recycler.all_serving, 20, "it serves")
    (slot,) = recycler.slots
    began = recycler.slot(slot)["worker"]["generation"]
    wait_until(lambda: (recycler.slot(slot)["worker"] or {}).get("generation", 0) >= began + 5, 40, "five have served, one after another")
    wait_until(recycler.all_serving, 20, "it serves")
    before = len([line for line in recycler.report() if line.get("event") == "braked"])
    # Just started: one that is due already is no death of its own.
    os.kill(wait_until(lambda: fresh_worker(recycler, slot), 20, "a fresh worker serves")["pid"], signal.SIGKILL)
    record = wait_until(lambda: [end for end in recycler.ends() if end["verdict"] == "killed"], 20, "its end is told")[0]
    wait_until(lambda: recycler.all_serving() and recycler.slot(slot)["worker"]["generation"] > record["generation"], 20,
               "the next one serves")
    braked = len([line for line in recycler.report() if line.get("event") == "braked"]) - before
    assert braked == 0, str(recycler.report()[-10:])


@story
def whoever_has_mended_it_says_recycle_or_reload_and_braked_slots_start_at_once(stage):
    recycler, broken = breaking(stage, 2, {"restart": {"burst": 1, "backoff_max": "60s"}})
    recycler.start()
    (one, other) = recycler.slots
    broken.touch()
    for pid in recycler.worker_pids():
        os.kill(pid, signal.SIGKILL)

    def held() -> bool:
        """For far longer than a start takes."""
        now = time.time()
        untils = [slot["braked_until"] for slot in recycler.status()["slots"]]
        return all(until and datetime.fromisoformat(until).timestamp() - now > 12 for until in untils)
    wait_until(held, 60, "the brake holds both for long")
    try:
        recycler.ctl("recycle", one)
        raise AssertionError("recycle of a slot whose starts still fail is done")
    except Refused as refused:
        told = refused.sentence.strip()
        assert refused.status == 1 and "keep ending" in told, told
    broken.unlink()
    recycler.ctl("recycle", one)
    assert recycler.serves(recycler.slot(one)), recycler.slot(one)
    assert recycler.slot(other)["state"] == "braked", recycler.slot(other)
    recycler.ctl("reload")
    asked = time.monotonic()
    wait_until(recycler.all_serving, 20, "the other one serves")
    took = time.monotonic() - asked
    assert took < 5, f"{took:.1f} s after the reload"
    said = {line["slot"] for line in recycler.report() if line.get("event") == "starting" and "asked for" in line.get("text", "")}
    assert said == {one, other}, said
    return f"{told}; serves again {took:.2f} s after the reload"
