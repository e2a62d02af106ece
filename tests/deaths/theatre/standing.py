# SPDX-License-Identifier: MIT
"""What makes a worker stuck: it serves nobody, while others wait in its queue."""

from harness.fastcgi import Asking, request_bytes
from harness.processes import state_of
from theatre.scene import Scene


def queued_behind(stand, count: int = 1):
    """So many requests come when the worker stands still; the next worker answers them."""
    def act(scene: Scene) -> None:
        target = scene.take()
        stand(scene)
        waiting = [Asking(scene.address(), f"nonce={scene.nonce}&size=10") for _ in range(count)]
        scene.record_of(target)
        for asking in waiting:
            answer = asking.answer(scene.patience)
            assert answer is not None and answer.get("end") == scene.nonce, f"who waited got {answer}"
    return act


def stands(scene: Scene) -> None:
    """It does not come back to accept() after an answer."""
    scene.serve_one("stand=600000")


def both_stand(scene: Scene) -> None:
    """Neither of its two threads does."""
    for _ in range(2):
        scene.serve_one("stand=600000")


def stopped_at_rest(scene: Scene) -> None:
    """SIGSTOP from outside, between two requests, and nobody continues it."""
    scene.serve_one()
    scene.wait(lambda: scene.look()["worker"]["requests"]["in_flight"] == 0, "its recorder has noted the answer")
    scene.kill("STOP")
    scene.wait(lambda: state_of(scene.pid) == "T", "it is stopped")


def spoken_to(length: int, begun: bool):
    """The first bytes of a request come on a connection, and then nothing. `begun`: it is in flight, with no name yet."""
    class Begun(Asking):
        def request(self, query: str, **names) -> bytes:
            return request_bytes(query, **names)[:length]

    def stand(scene: Scene) -> None:
        scene.hanging.append(Begun(scene.address(), f"nonce={scene.nonce}"))
        if begun:
            scene.targets[0].in_flight = ""
    return stand
