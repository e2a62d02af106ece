# SPDX-License-Identifier: MIT
"""What makes a worker stuck: it serves nobody, while others wait in its queue."""

from harness.clients.fastcgi import Asking, request_bytes
from harness.processes import state_of
from runner.attempt import Attempt


def queued_behind(stand, count: int = 1):
    """So many requests come when the worker stands still; the next worker answers them."""
    def deed(attempt: Attempt) -> None:
        target = attempt.take()
        stand(attempt)
        waiting = [Asking(attempt.address(), f"nonce={attempt.nonce}&size=10") for _ in range(count)]
        attempt.record_of(target)
        for asking in waiting:
            answer = asking.answer(attempt.patience)
            assert answer is not None and answer.get("end") == attempt.nonce, f"who waited got {answer}"
    return deed


def stands(attempt: Attempt) -> None:
    """It does not come back to accept() after an answer."""
    attempt.serve_one("stand=600000")


def both_stand(attempt: Attempt) -> None:
    """Neither of its two threads does."""
    for _ in range(2):
        attempt.serve_one("stand=600000")


def stopped_at_rest(attempt: Attempt) -> None:
    """SIGSTOP from outside, between two requests, and nobody continues it."""
    attempt.serve_one()
    attempt.wait(lambda: attempt.look()["worker"]["requests"]["in_flight"] == 0, "its recorder has noted the answer")
    attempt.kill("STOP")
    attempt.wait(lambda: state_of(attempt.pid) == "T", "it is stopped")


def spoken_to(length: int, begun: bool):
    """The first bytes of a request come on a connection, and then nothing. `begun`: it is in flight, with no name yet."""
    class Begun(Asking):
        def request(self, query: str, **names) -> bytes:
            return request_bytes(query, **names)[:length]

    def stand(attempt: Attempt) -> None:
        attempt.hanging.append(Begun(attempt.address(), f"nonce={attempt.nonce}"))
        if begun:
            attempt.targets[0].in_flight = ""
    return stand
