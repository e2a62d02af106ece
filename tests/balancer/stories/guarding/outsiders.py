# SPDX-License-Identifier: MIT
"""A process that is none of the app's has a worker's listener: the workers after that one lose nothing to it."""

import sys

from harness import machine
from harness.clients.fastcgi import ask
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

# What it gets is what a worker could send it (SCM_RIGHTS): another descriptor of the same open socket. Afterwards it is
# nobody's but its user's, accepts whatever comes, and answers nothing.
OUTSIDER = """
import ctypes, os, socket, sys
PIDFD_GETFD = 438
fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, os.pidfd_open(int(sys.argv[1])), 0, 0)
assert fd >= 0, os.strerror(ctypes.get_errno())
os.setgid(65534)
os.setuid(65534)
listener, kept = socket.socket(fileno=fd), []
print("holds", flush=True)
while True:
    kept.append(listener.accept())
    print("stole", len(kept), flush=True)
"""


class Outsider:
    """It holds the listener of the worker `pid`, until the story ends."""

    def __init__(self, stage, pid: int):
        self.process = stage.start([sys.executable, "-c", OUTSIDER, pid], "outsider")
        wait_until(lambda: "holds" in self.process.output(), 20, "the outsider has the listener")

    def stolen(self) -> int:
        return self.process.output().count("stole")


def troubles(recycler: Recycler, outsider: Outsider) -> list[str]:
    who = f"(pid {outsider.process.pid}, uid 65534)"
    return [event["text"] for event in recycler.events() if event["event"] == "trouble" and who in event.get("text", "")]


def asked(recycler: Recycler, query: str, seconds: float) -> dict | None:
    """The answer of the first slot's worker; None: there came none."""
    try:
        return ask(recycler.addresses[0], query, seconds=seconds)
    except TimeoutError:  # nobody answers, and nobody closes
        return None


def judge_answers(recycler: Recycler, outsider: Outsider, generation: int) -> str:
    """A hundred requests are answered by the worker of that generation, and none goes to the outsider."""
    slot = recycler.wait_serving(recycler.slots[0], generation)
    before = outsider.stolen()
    answers = [asked(recycler, f"nonce={i}", 5) for i in range(100)]
    stolen = outsider.stolen() - before
    unanswered = sum(answer is None for answer in answers)
    assert unanswered == 0 and stolen == 0, f"{unanswered} of {len(answers)} not answered, {stolen} taken by the outsider"
    assert {int(answer["pid"]) for answer in answers} == {slot["worker"]["pid"]}, str(answers[:3])
    return f"{len(answers)} requests answered by generation {slot['worker']['generation']}, none stolen"


def passed_on(stage, sockets: str | None, handover: str) -> str:
    """The worker passes its listener on, steals happen, and one recycle ends them."""
    folder = stage.path(sockets) if sockets else None
    if folder:
        folder.mkdir()
    recycler = Recycler(stage, 2, {"capacity": {"handover": handover}}, sockets=folder).start()
    slot = recycler.slots[0]
    outsider = Outsider(stage, recycler.slot(slot)["worker"]["pid"])
    for i in range(200):  # both accept, and either may be woken
        if asked(recycler, f"nonce={i}", 0.3) is None:
            break
    assert outsider.stolen() > 0, "the outsider took nothing, so the story shows nothing"
    recycler.ctl("recycle", slot)
    told = judge_answers(recycler, outsider, 2)
    generation = recycler.slot(slot)["worker"]["generation"]
    assert generation == 2, f"{generation - 1} workers were replaced for one recycle"
    assert recycler.wait_end(slot)["verdict"] == "recycled"
    sentences = troubles(recycler, outsider)
    assert len(sentences) == 1, str(recycler.events())
    recycler.ctl("recycle", slot)  # the fresh one is nobody else's: it is handed on
    again = judge_answers(recycler, outsider, 3)
    assert len(troubles(recycler, outsider)) == 1, "it was told twice"
    return f"{handover}: {outsider.stolen()} stolen before; {told}; then {again}; {sentences[0]}"


@story
def an_outsider_to_whom_a_worker_passed_its_port_takes_nothing_after_one_recycle(stage):
    machine.need_gates()
    return passed_on(stage, None, "queue")


@story
def an_outsider_to_whom_a_worker_passed_its_unix_socket_takes_nothing_after_one_recycle(stage):
    return passed_on(stage, "sockets", "queue")


@story
def an_outsider_that_a_dead_worker_left_its_port_to_takes_nothing_once_it_is_found(stage):
    machine.need_gates()
    recycler = Recycler(stage, 2, {"capacity": {"handover": "queue"}}).start()
    slot = recycler.slots[0]
    outsider = Outsider(stage, recycler.slot(slot)["worker"]["pid"])
    while not recycler.ends():
        asked(recycler, "nonce=1&crash=abort", 0.3)  # until one comes to the worker
    recycler.wait_end(slot)
    wait_until(lambda: troubles(recycler, outsider), 20, "the outsider is found")
    told = judge_answers(recycler, outsider, 3)
    return f"{told}; {troubles(recycler, outsider)[0]}"
