# SPDX-License-Identifier: MIT
"""lighttpd in front of the workers, with its FastCGI settings as they come: not one of them is set here but the addresses."""

import re
from pathlib import Path

from harness import machine
from harness.processes import wait_until
from harness.stage import Stage

CONFIG = """\
server.modules = ( "mod_fastcgi" )
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{log}"
fastcgi.server = ( "{key}" => (
{hosts}
) )
"""


def fastcgi_hosts(addresses) -> str:
    """The lines for `addresses`: (host, port) pairs, or paths of sockets."""
    lines = []
    for address in addresses:
        where = (f'"socket" => "{address}"' if isinstance(address, str)
                 else f'"host" => "{address[0]}", "port" => {address[1]}')
        lines.append(f'  ( {where}, "check-local" => "disable" )')
    return ",\n".join(lines)


class Lighttpd:
    """`key` selects the requests that go to the workers: "/" all, ".php" those whose path ends so. `port`: some free one."""

    def __init__(self, stage: Stage, addresses, key: str = "/", root: Path = machine.TEST_PROGRAMS,
                 port: int | None = None):
        machine.need_program("lighttpd")
        self.port = port or machine.free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.error_log = stage.path(f"lighttpd-{self.port}.error.log")
        config = stage.path(f"lighttpd-{self.port}.conf")
        config.write_text(CONFIG.format(root=root, port=self.port, log=self.error_log, key=key,
                                        hosts=fastcgi_hosts(addresses)))
        self.process = stage.start(["/usr/sbin/lighttpd", "-D", "-f", config], f"lighttpd-{self.port}")
        wait_until(self._listens, 10, "lighttpd listens")

    def _listens(self) -> bool:
        assert self.process.running(), f"lighttpd ended: {self.process.output()}"
        return machine.listens(("127.0.0.1", self.port))

    def refused(self) -> int:
        """How many connects to a worker were refused."""
        return self.complaints("Connection refused")

    def unanswered(self) -> dict[str, str]:
        """The port of the worker that each request was on whose answer did not come: {"/app?nonce=1": "7000"}."""
        log = self.error_log.read_text(errors="replace") if self.error_log.exists() else ""
        return {uri: port for port, uri in re.findall(r"on socket: tcp:\S+:(\d+) for (\S+), closing connection", log)}

    def complaints(self, words: str) -> int:
        log = self.error_log.read_text(errors="replace") if self.error_log.exists() else ""
        return len(re.findall(re.escape(words), log))
