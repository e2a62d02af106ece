# SPDX-License-Identifier: MIT
"""The settings of docs/balancers as they are installed, for the workers of a test instead of those that stand there."""

import re
from dataclasses import dataclass

from harness import machine

FOLDER = machine.TREE / "docs" / "balancers"
FILES = {"lighttpd": "lighttpd.conf", "nginx": "nginx.conf", "apache": "apache.conf", "haproxy": "haproxy.cfg"}

# What our settings are more than a balancer's own.
BEYOND_DEFAULT = {
    "lighttpd": [],
    "nginx": [" max_fails=0"],
    "apache": [" retry=1 disablereuse=on"],
    "haproxy": ["    no option keep-conn\n", "    option redispatch 1\n", "    retries 10\n"],
}


def text(name: str) -> str:
    return (FOLDER / FILES[name]).read_text()


def block(name: str) -> str:
    """The settings without the remarks."""
    return "".join(line for line in text(name).splitlines(keepends=True) if not line.startswith("#"))


@dataclass(frozen=True)
class Lines:
    """What stands for one worker: on the port 7000, on the last port, and, in a remark, on a unix socket."""
    first: str
    last: str
    local: str


def lines(name: str) -> Lines:
    def only(part: str) -> str:
        found = [line for line in text(name).splitlines(keepends=True) if part in line]
        assert len(found) == 1, f"{part} stands in {len(found)} lines of {FILES[name]}"
        return found[0]
    return Lines(only("7000"), only("7001"), only("/run/recycler/shop/0.sock"))


def _numbered(line: str, number: int) -> str:
    return re.sub(r"\b(w|worker-)0\b", rf"\g<1>{number}", re.sub(r"\bw1\b", f"w{number}", line))


def _worker_lines(name: str, addresses: list) -> str:
    """For (host, port) pairs, or for paths."""
    own = lines(name)
    result = []
    for number, address in enumerate(addresses):
        is_last = number == len(addresses) - 1
        if isinstance(address, str):
            line = own.local.removeprefix("#").replace("/run/recycler/shop/0.sock", address)
            line = line.replace("),\n", ")\n") if is_last else line
        elif is_last:
            line = own.last.replace("7001", str(address[1]))
        else:
            line = own.first.replace("7000", str(address[1]))
        result.append(_numbered(line, number))
    return "".join(result)


def recommended(name: str, addresses: list, web_port: int) -> str:
    """The block for harness.balancers; `addresses`: (127.0.0.1, port) pairs, or paths of sockets."""
    own = lines(name)
    filled = block(name).replace(own.last, "").replace(own.first, _worker_lines(name, addresses))
    return filled.replace("listen 80;", f"listen 127.0.0.1:{web_port};")


def _changed(name: str, filled: str, changes: list[tuple[str, str]]) -> str:
    for ours, instead in changes:
        assert ours in filled, f"{ours!r} is not in {FILES[name]}"
        filled = filled.replace(ours, instead)
    return filled


def default(name: str, addresses: list, web_port: int) -> str:
    """The same without what a balancer does not do by itself."""
    return _changed(name, recommended(name, addresses, web_port), [(words, "") for words in BEYOND_DEFAULT[name]])


# What makes of our settings some that keep connections to the workers.
KEEPING = {
    "nginx": [("}\nserver", "    keepalive 16;\n}\nserver"),
              ("        fastcgi_pass", "        fastcgi_keep_conn on;\n        fastcgi_pass")],
    "haproxy": [("    no option keep-conn\n", "")],
    "apache": [("disablereuse=on", "enablereuse=on")],
}


def keeping(name: str, addresses: list, web_port: int) -> str:
    return _changed(name, recommended(name, addresses, web_port), KEEPING[name])


# What tells a worker that runs scripts where they stand; {folder} stands for that.
SCRIPTS = {
    "nginx": ("include fastcgi_params;", "include fastcgi_params; fastcgi_param SCRIPT_FILENAME {folder}$fastcgi_script_name;"),
    "haproxy": ("docroot /srv/shop", "docroot {folder}"),
    "apache": ("ProxyPass ", 'ProxyFCGISetEnvIf "true" SCRIPT_FILENAME "{folder}%{{reqenv:SCRIPT_NAME}}"\nProxyPass '),
}


def with_scripts(name: str, settings: str, folder) -> str:
    ours, instead = SCRIPTS[name]
    return _changed(name, settings, [(ours, instead.format(folder=folder))])


SETTINGS = {"default": default, "recommended": recommended, "keeping": keeping}
