# SPDX-License-Identifier: MIT
"""The real balancers as this test sets them up: the settings of docs/balancers, with what a kind of failure needs of them."""

import re
from dataclasses import dataclass

from harness.servers import snippets
from harness.servers.balancers import KINDS

NAMES = ["nginx", "lighttpd", "haproxy", "apache"]


@dataclass(frozen=True)
class Settings:
    """What differs from docs/balancers, in words that each balancer has its own for."""
    read_timeout: int | None = None  # seconds without a byte from the worker
    client_timeout: int | None = None  # seconds in which the client takes nothing
    user: str | None = None  # whom its processes run as
    scripts: str | None = None  # the absolute path of a folder of scripts
    checked: bool = False  # HAProxy looks after the workers
    cut: bool = False  # and cuts off the requests of one that is down
    odd_server: str | None = None  # host:port of one more worker, which is none of ours
    admin: str | None = None  # HAProxy's socket for orders
    resolved_name: str | None = None  # a name that is looked up at run time
    all_levels: bool = False  # the log has what is usually left out of it
    syslog: str = ""  # a socket, for HAProxy


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"{old!r} is not in:\n{text}"
    return text.replace(old, new)


def _nginx(block: str, wanted: Settings) -> str:
    lines = []
    if wanted.read_timeout:
        lines += [f"fastcgi_read_timeout {wanted.read_timeout}s;", f"fastcgi_connect_timeout {wanted.read_timeout}s;"]
    if wanted.client_timeout:
        lines.append(f"send_timeout {wanted.client_timeout}s;")
    if wanted.scripts:
        lines.append(f"fastcgi_param SCRIPT_FILENAME {wanted.scripts}$fastcgi_script_name;")
    if wanted.resolved_name:
        lines += ["resolver 127.0.0.1:53 valid=1s ipv6=off;", "resolver_timeout 1s;", f"set $elsewhere {wanted.resolved_name};"]
        block = _replaced(block, "fastcgi_pass shop;", "fastcgi_pass $elsewhere:7000;")
    if wanted.odd_server:
        block = _replaced(block, "upstream shop {\n", f"upstream shop {{\n    server {wanted.odd_server} max_fails=0;\n")
    return _replaced(block, "        fastcgi_pass", "".join(f"        {line}\n" for line in lines) + "        fastcgi_pass")


def _lighttpd(block: str, wanted: Settings) -> str:
    more = ""
    if wanted.read_timeout:
        more = "".join(f', "{what}-timeout" => {wanted.read_timeout}' for what in ("connect", "read", "write"))
    if wanted.scripts:
        more += f', "docroot" => "{wanted.scripts}"'
    block = _replaced(block, '"check-local" => "disable"', f'"check-local" => "disable"{more}')
    if wanted.odd_server:
        host, port = wanted.odd_server.split(":")
        block = _replaced(block, '( "/" => (\n', f'( "/" => (\n  ( "host" => "{host}", "port" => {port}, "check-local" => "disable" ),\n')
    if wanted.client_timeout:
        block += f"server.max-write-idle = {wanted.client_timeout}\n"
    if wanted.all_levels:
        block += 'debug.log-timeouts = "enable"\n'
    if wanted.user:
        block += f'server.username = "{wanted.user}"\n'
    return block


def _haproxy(block: str, wanted: Settings) -> str:
    # As in a container, and as Debian has it.
    logs = ["log stdout format raw local0", f"log {wanted.syslog} local0"]
    # These stand in front of it, in the frontend.
    front = [*logs, "option httplog"]
    if wanted.client_timeout:
        front.append(f"timeout client {wanted.client_timeout}s")
    back = [*logs]
    if wanted.read_timeout:
        back += [f"timeout server {wanted.read_timeout}s"]
    if wanted.scripts:
        block = _replaced(block, "docroot /srv/shop", f"docroot {wanted.scripts}")
    if wanted.checked:
        block = _replaced(block, " proto fcgi", " proto fcgi check inter 200ms fall 2 rise 2" + " on-marked-down shutdown-sessions" * wanted.cut)
    if wanted.odd_server:
        block += f"    server w9 {wanted.odd_server} proto fcgi\n"
    if wanted.resolved_name:
        back += ["default-server init-addr none"]
        block += f"    server w9 {wanted.resolved_name}:7000 proto fcgi check resolvers names\n"
        block += "resolvers names\n    nameserver none 127.0.0.1:53\n    resolve_retries 1\n    timeout resolve 1s\n    timeout retry 1s\n"
    block = _replaced(block, "    balance roundrobin\n", "".join(f"    {line}\n" for line in back) + "    balance roundrobin\n")
    return "".join(f"    {line}\n" for line in front) + block


def _apache(block: str, wanted: Settings) -> str:
    members = " retry=1 disablereuse=on" + (f" timeout={wanted.read_timeout}" if wanted.read_timeout else "")
    block = _replaced(block, " retry=1 disablereuse=on", members)
    if wanted.scripts:
        block += f'ProxyFCGISetEnvIf "true" SCRIPT_FILENAME "{wanted.scripts}%{{reqenv:SCRIPT_NAME}}"\n'
    for named in filter(None, [wanted.odd_server, wanted.resolved_name and f"{wanted.resolved_name}:7000"]):
        block = _replaced(block, "</Proxy>", f'    BalancerMember "fcgi://{named}" retry=1 disablereuse=on\n</Proxy>')
    return block + (f"Timeout {wanted.client_timeout}\nProxyTimeout 60\n" if wanted.client_timeout else "")


_BLOCKS = {"nginx": _nginx, "lighttpd": _lighttpd, "haproxy": _haproxy, "apache": _apache}


def block(name: str, addresses: list, port: int, wanted: Settings) -> str:
    host = addresses[0][0] if isinstance(addresses[0], tuple) else "127.0.0.1"
    recommended = snippets.recommended(name, addresses, port)
    workers = re.sub(r"127\.0\.0\.1:70", f"{host}:70", recommended).replace('"host" => "127.0.0.1"', f'"host" => "{host}"')
    return _BLOCKS[name](workers, wanted)


def frame(name: str, wanted: Settings) -> str:
    text = KINDS[name].frame
    if name == "nginx":
        if wanted.all_levels:
            text = _replaced(text, "error.log;", "error.log info;")
        text = _replaced(text, "events {{", f"user {wanted.user or 'www-data'};\nevents {{{{")
    if name == "lighttpd" and wanted.user:  # whose it is, too
        text = _replaced(text, "{directory}/error.log", "{directory}.log")
    if name == "haproxy":
        lines = [f"user {wanted.user}"] * bool(wanted.user) + [f"stats socket {wanted.admin} level admin"] * bool(wanted.admin)
        text = "global\n" + "".join(f"    {line}\n" for line in lines) + text
    return text


# Lines that have nothing to do with a worker: starts, stops, and of HAProxy each request that went well at once.
BESIDE = {
    "nginx": r"\[notice\]|\[info\] .*using inherited|an upstream response is buffered",
    "lighttpd": r"server started|server stopped|\(server\.c\.",
    "haproxy": r" ---- \d+/\d+/\d+/\d+/0 |^\[NOTICE\]|Proxy \S+ (started|stopped)",
    "apache": r"AH0004[56]: |\[(core|mpm_event|lbmethod|proxy_balancer):notice\]|:notice\]",
}


def told_lines(name: str, log: str) -> list[str]:
    """The lines of its log that tell of something."""
    return [line for line in log.splitlines() if line and not re.search(BESIDE[name], line)]
