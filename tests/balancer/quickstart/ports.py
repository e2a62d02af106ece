# SPDX-License-Identifier: MIT
"""The ports of the story may be taken; then it says by whom, and which are free."""

from harness import machine
from harness.ports import listener_in_words
from quickstart import shop


class Taken(Exception):
    """A port that is needed is somebody else's."""


def need_free(first_port: int, web_port: int) -> None:
    workers = range(first_port, first_port + shop.WORKERS)
    taken = next((port for port in [*workers, web_port] if not machine.is_free(port)), None)
    if taken is None:
        return
    first = machine.free_ports(shop.WORKERS + 1)
    raise Taken(f"port {taken} is taken by {listener_in_words(taken)}. End that, or take others: "
                f"sudo ./quickstart --port-base {first} --web-port {first + shop.WORKERS}")
