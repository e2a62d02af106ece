# SPDX-License-Identifier: MIT
"""What keeps a balancer from reaching a worker that is well: files, ports, routes, names, its own settings."""

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

import fronts
from harness.processes import wait_until
from judge import Truth, truth
from kind import Kinds
from stand import Stand, take_away

KINDS = Kinds()
kind = KINDS.kind
ONLY_PORT = 60000


def connection_from(port: int, address) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("127.0.0.1", port))
    client.connect(address)
    return client


def ask_from(port: int, stand: Stand) -> None:
    """One request, until the connection ends: the test's own clients have no port either."""
    with connection_from(port, ("127.0.0.1", stand.port)) as client:
        client.settimeout(20)
        client.sendall(f"GET {stand.path}?nonce=q HTTP/1.0\r\n\r\n".encode())
        while client.recv(65536):
            pass


def tell(admin: Path, order: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(admin))
        client.sendall(f"{order}\n".encode())
        assert not client.recv(4096).strip(), order


def run(*words: str) -> None:
    subprocess.run(words, check=True)


@kind()
def the_balancer_may_not_open_the_socket(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(user="www-data"), unix=True).clients.pause()
    for slot in stand.slots:
        take_away(stand.stage.path("sockets") / slot)
    stand.clients.go_on()
    stand.wait_told(2)
    return [truth("no-permission", stand.slots)]


@kind(in_short=True)
def one_socket_may_not_be_opened_and_the_gate_of_the_other_is_closed(stand: Stand) -> list[Truth]:
    """The gate of a unix socket is its path: while it is closed there is none."""
    stand.start(settings=fronts.Settings(user="www-data"), unix=True).clients.pause()
    closed, forbidden = stand.slots
    stand.recycler.ctl("drain", closed)
    take_away(stand.stage.path("sockets") / forbidden)
    stand.clients.go_on()
    stand.wait_told(3)
    lines = {"haproxy": r"shop/w1"}.get(stand.name, r"\(13: |\(13\)|Permission denied")
    return [truth("no-permission", forbidden, lines), truth("gate", closed, rf"/{closed}|shop/w0"), truth("gate no-permission", stand.slots)]


@kind(in_short=True)
def the_socket_file_is_removed(stand: Stand) -> list[Truth]:
    stand.start(unix=True, watched=False)
    controller = stand.recycler.controller()
    os.kill(controller, signal.SIGSTOP)  # it would put the file back
    for slot in stand.slots:
        (stand.stage.path("sockets") / slot).unlink()
    stand.wait_told(2)
    os.kill(controller, signal.SIGCONT)
    stand.clients.wait_served()
    return [truth("no-socket", stand.slots)]


@kind(balancers="nginx lighttpd haproxy")
def the_queue_of_a_unix_socket_is_full(stand: Stand) -> list[Truth]:
    stand.start({"app": {"backlog": 1}}, unix=True)
    asked = [stand.ask("sleep=1500") for _ in range(12)]
    for each in asked:
        each.join()
    stand.clients.wait_served()
    # lighttpd goes on with a connection that there is not, and its errors name nothing.
    return [truth("queue-full", stand.slots), truth("balancer", lines=r"network_write\.c|http-header-glue\.c")]


@kind(in_short=True)
def the_balancer_has_no_port_of_its_own_left(stand: Stand) -> list[Truth]:
    stand.start().clients.pause()
    with contextlib.ExitStack() as held:
        Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"{ONLY_PORT} {ONLY_PORT}")
        for address in stand.recycler.addresses:
            held.enter_context(connection_from(ONLY_PORT, address))
        for number in range(4):
            ask_from(50000 + number, stand)
    return [truth("no-local-port", stand.slots)]


@kind(in_short=True)
def there_is_no_route_to_the_workers(stand: Stand) -> list[Truth]:
    stand.start(host="127.0.0.7").clients.pause()  # a connection that there is would hang
    run("ip", "route", "add", "unreachable", "127.0.0.7/32", "table", "local")
    stand.clients.go_on()
    stand.wait_told(2)
    return [truth("unreachable", stand.slots)]


@kind()
def the_balancer_names_a_port_that_is_none_of_ours(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(odd_server="127.0.0.1:7999"))
    stand.wait_told(2)
    return [truth("other-upstream")]


@kind(balancers="nginx haproxy apache", silent="haproxy", in_short=True)
def the_balancer_cannot_resolve_a_name(stand: Stand) -> list[Truth]:
    stand.start_recycler()
    stand.start_balancer(fronts.Settings(resolved_name="elsewhere.invalid"), served=False)
    if stand.name == "haproxy":  # it leaves that server alone, and says nothing
        stand.clients.wait_served()
    else:
        stand.wait_told(2)
    return [truth("resolver other-upstream balancer")]


@kind(balancers="haproxy")
def haproxy_finds_closed_gates_by_its_checks(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(checked=True))
    stand.recycler.ctl("drain", *stand.slots, "--force")
    wait_until(lambda: stand.log().count(" is DOWN") == 2, 20, "both are down")
    stand.recycler.ctl("open", *stand.slots)
    wait_until(lambda: stand.log().count(" is UP") == 2, 20, "both are up")
    stand.clients.wait_served()
    return [truth("gate", stand.slots)]


@kind(balancers="haproxy")
def haproxy_cuts_the_requests_of_servers_that_are_down(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(checked=True, cut=True))
    asked = [stand.ask("sleep=1500") for _ in stand.slots]
    stand.wait_busy(2)
    stand.recycler.ctl("drain", *stand.slots, "--force", "--no-wait")
    wait_until(lambda: stand.log().count(" is DOWN") >= 2, 20, "both are down")
    for each in asked:
        each.join()
    stand.recycler.ctl("open", *stand.slots)
    wait_until(lambda: stand.log().count(" is UP") >= 2, 20, "both are up")
    stand.clients.wait_served()
    return [truth("gate", stand.slots)]


@kind(balancers="haproxy")
def the_operator_of_haproxy_takes_all_servers_out(stand: Stand) -> list[Truth]:
    stand.start(settings=fronts.Settings(admin=str(stand.stage.path("admin"))))
    for state in ("maint", "ready"):
        for number in range(2):
            tell(stand.stage.path("admin"), f"set server shop/w{number} state {state}")
        if state == "maint":
            stand.wait_told(4)
    stand.clients.wait_served()
    return [truth("balancer other-upstream unexplained")]
