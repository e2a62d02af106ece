# SPDX-License-Identifier: MIT
"""What kept connections gain: the same two workers behind the same balancer, under Recycler with connections that are kept, and under
plain spawn-fcgi with a connection for each request, asked in turns by sixteen clients. Each answer is checked."""

from pathlib import Path
from statistics import median, quantiles

from harness import machine
from harness.clients.load import Load, in_words, lost
from harness.daemon.recycler import Recycler
from harness.ports import is_listened_on
from harness.processes import wait_until
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from rates import APP, LASTING_PHP

STORIES = Collection()

PAIRS = 12
REQUESTS = 4000  # a turn
WORKERS = 2
CLIENTS = 16
# The command, its path behind the balancer, and the least ratio on unix and on TCP sockets behind nginx.
PROGRAMS = {
    # The test's own C program takes most of the time of a request.
    "C": (APP, "/app", 1.1, 1.2),
    "Perl": (["/usr/bin/perl", str(machine.TEST_PROGRAMS / "app.pl")], "/app", 1.2, 1.6),
    "PHP": (LASTING_PHP, "/app.php", 1.4, 1.5),
    # Two children each, which pass resting connections on to each other.
    "PHP with children": (["/usr/bin/env", "PHP_FCGI_CHILDREN=2", *LASTING_PHP], "/app.php", 1.0, 1.0),
    "Ruby": (["/usr/bin/ruby", str(machine.TEST_PROGRAMS / "app.rb")], "/app", 1.0, 1.0),
}


def block_of(name: str, settings: str, addresses: list, port: int, path: str) -> str:
    block = snippets.SETTINGS[settings](name, addresses, port)
    if path.endswith(".php"):
        block = block.replace("include fastcgi_params;",
                              f"include fastcgi_params; fastcgi_param SCRIPT_FILENAME {machine.TEST_PROGRAMS}{path};")
    return block


class Side:
    """Two workers behind a balancer of their own."""

    def __init__(self, stage, name: str, settings: str, addresses: list, path: str):
        self.stage, self.path = stage, path
        port = machine.free_ports(1)
        self.url = Balancer(stage, name, block_of(name, settings, addresses, port, path), port).url

    def rate(self) -> float:
        seen = Load(self.stage, self.url + self.path, requests=REQUESTS, connections=CLIENTS).result(300)
        assert lost(seen) == 0, in_words(seen)
        return seen["answered"] / seen["seconds"]


def kept(stage, name: str, command: list, path: str, unix: bool) -> Side:
    sockets = stage.path("s") if unix else None
    if sockets:
        sockets.mkdir(mode=0o755)
    policy = {"app": {"command": command, "keep_connections": "auto"} | ({"socket_mode": "0666"} if unix else {}),
              "recycle": {"requests": 10_000_000, "age": "12h", "hung": "360s"}}
    recycler = Recycler(stage, WORKERS, policy, sockets=sockets).start()
    return Side(stage, name, "keeping", recycler.addresses, path)


def spawned(stage, name: str, command: list, path: str, unix: bool) -> Side:
    machine.need_program("spawn-fcgi")
    first = machine.free_ports(WORKERS)
    addresses = []
    for number in range(WORKERS):
        address = str(stage.path(f"{number}.sock")) if unix else ("127.0.0.1", first + number)
        where = ["-s", address, "-M", "0666"] if unix else ["-a", address[0], "-p", address[1]]
        stage.start(["/usr/bin/spawn-fcgi", "-n", *where, "--", *command], f"spawn-{number}")
        wait_until(lambda: Path(address).is_socket() if unix else is_listened_on(address[1]), 5, f"a worker listens on {address}")
        addresses.append(address)
    return Side(stage, name, "recommended", addresses, path)


def tell(stage, balancer: str, program: str, unix: bool) -> str:
    command, path, on_unix, on_tcp = PROGRAMS[program]
    machine.need_program({"C": "spawn-fcgi", "Perl": "perl", "Ruby": "ruby"}.get(program, "php-cgi"))
    # Behind HAProxy and Apache it is told, whatever it is.
    bound = 0 if balancer != "nginx" else on_unix if unix else on_tcp
    ours, theirs = [], []
    with stage.__class__() as one, stage.__class__() as other:
        keeping, plain = kept(one, balancer, command, path, unix), spawned(other, balancer, command, path, unix)
        keeping.rate()
        plain.rate()
        for pair in range(PAIRS):
            for side, rates in [(keeping, ours), (plain, theirs)][:: 1 if pair % 2 == 0 else -1]:
                rates.append(side.rate())
    quartiles = quantiles([mine / his for mine, his in zip(ours, theirs)], n=4)
    figures = (f"{median(ours):.0f} requests/s with kept connections, {median(theirs):.0f} under spawn-fcgi without; {PAIRS} pairs of "
               f"{REQUESTS} requests, ratio median {quartiles[1]:.2f} (bound {bound}), quartiles {quartiles[0]:.2f} and "
               f"{quartiles[2]:.2f}")
    assert quartiles[1] >= bound, figures
    return figures


for _balancer in ["nginx", "haproxy", "apache"]:
    for _program in PROGRAMS if _balancer == "nginx" else ["C", "Perl"]:
        for _unix in [False, True]:
            STORIES.add(f"what kept connections gain a {_program} worker behind {_balancer} on {'unix' if _unix else 'TCP'} sockets",
                        tell, balancer=_balancer, program=_program, unix=_unix)
