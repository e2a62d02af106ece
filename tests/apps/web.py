# SPDX-License-Identifier: MIT
"""nginx in front of an application: the settings that the README shows, and what the application wants to be told."""

from harness import machine
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stage import Stage

NAME = "nginx"


def start(stage: Stage, addresses: list[tuple[str, int]], settings: str) -> Balancer:
    port = machine.free_ports(1)
    block = snippets.recommended(NAME, addresses, port)
    asked = "        include fastcgi_params;\n"
    assert asked in block, block
    own = "".join(f"        {line}\n" for line in settings.splitlines())
    # A busy machine may take long to start an application; nobody shall be cut off for that.
    return Balancer(stage, NAME, block.replace(asked, f"{asked}{own}        fastcgi_read_timeout 120s;\n"), port)
