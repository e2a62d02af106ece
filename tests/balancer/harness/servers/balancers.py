# SPDX-License-Identifier: MIT
"""lighttpd, nginx, Apache and HAProxy, each in the least frame around a block of settings as a manual shows it."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from harness import machine
from harness.ports import is_listened_on
from harness.processes import wait_until
from harness.stage import Stage

LIGHTTPD = """\
server.modules = ()
server.document-root = "{directory}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{directory}/error.log"
{block}"""

NGINX = """\
error_log {directory}/error.log;
pid {directory}/pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    fastcgi_temp_path {directory}/fastcgi;
    proxy_temp_path {directory}/proxy;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{block}
}}
"""

APACHE = """\
ServerRoot "{directory}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{directory}/pid"
DefaultRuntimeDir "{directory}"
ErrorLog "{directory}/error.log"
{user}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule slotmem_shm_module /usr/lib/apache2/modules/mod_slotmem_shm.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_fcgi_module /usr/lib/apache2/modules/mod_proxy_fcgi.so
LoadModule proxy_balancer_module /usr/lib/apache2/modules/mod_proxy_balancer.so
LoadModule lbmethod_byrequests_module /usr/lib/apache2/modules/mod_lbmethod_byrequests.so
{block}"""

HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend web
    bind 127.0.0.1:{port}
    default_backend shop
{block}"""


@dataclass(frozen=True)
class Kind:
    program: str
    frame: str
    check: list[str]  # words after the program; {config} stands for the file
    run: list[str]
    beside: list[Path] = field(default_factory=list)  # files that the block includes


KINDS = {
    "lighttpd": Kind("/usr/sbin/lighttpd", LIGHTTPD, ["-tt", "-f", "{config}"], ["-D", "-f", "{config}"]),
    "nginx": Kind("/usr/sbin/nginx", NGINX, ["-t", "-p", "{directory}", "-c", "{config}"],
                  ["-p", "{directory}", "-c", "{config}", "-g", "daemon off;"], [Path("/etc/nginx/fastcgi_params")]),
    "apache": Kind("/usr/sbin/apache2", APACHE, ["-t", "-f", "{config}"], ["-DFOREGROUND", "-f", "{config}"]),
    "haproxy": Kind("/usr/sbin/haproxy", HAPROXY, ["-c", "-f", "{config}"], ["-db", "-f", "{config}"]),
}


class Balancer:
    """One of KINDS with `block` inside its frame, or inside `frame`, on the port `port`: checked by its own configuration test, then
    started."""

    def __init__(self, stage: Stage, name: str, block: str, port: int, frame: str | None = None):
        kind = KINDS[name]
        machine.need_program(Path(kind.program).name)
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        directory = stage.path(name)
        directory.mkdir(mode=0o755)
        for file in kind.beside:
            shutil.copy(file, directory)
        config = directory / "conf"
        user = f"User {machine.worker_user()}\nGroup {machine.worker_user()}" if os.geteuid() == 0 else ""
        config.write_text((frame or kind.frame).format(directory=directory, port=port, block=block, user=user))
        places = {"config": config, "directory": directory}
        check = stage.start([kind.program, *(word.format(**places) for word in kind.check)], f"{name}.check")
        status = check.wait(20)
        assert status == 0, f"{name} refuses the block (exit {status}): {check.output()}"
        self.process = stage.start([kind.program, *(word.format(**places) for word in kind.run)], name)
        wait_until(self._listens, 20, f"{name} listens")

    def _listens(self) -> bool:
        assert self.process.running(), f"it ended: {self.process.output()}"
        return is_listened_on(self.port)
