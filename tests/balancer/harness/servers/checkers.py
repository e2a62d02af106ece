# SPDX-License-Identifier: MIT
"""The balancers' own checks of a configuration, each with the least around it that makes a fragment a whole one."""

import re
import shutil
import subprocess
from pathlib import Path

from harness.stage import Stage

# What the recorded configurations name as their certificate.
CERTIFICATE = "/etc/ssl/shop.pem"

APACHE_MODULES = """
    mpm_event authz_core authz_host authn_core alias dir env expires headers macro mime rewrite setenvif slotmem_shm socache_shmcb ssl
    http2 proxy proxy_balancer proxy_fcgi proxy_http proxy_wstunnel lbmethod_byrequests lbmethod_bybusyness lbmethod_bytraffic
""".split()
APACHE = """\
ServerRoot "{stage}"
ServerName localhost
Listen 127.0.0.1:8080
Listen 127.0.0.1:8443
PidFile "{stage}/pid"
DefaultRuntimeDir "{stage}"
ErrorLog /dev/stderr
{modules}
Include "{file}"
"""
NGINX = """\
events {{ }}
http {{
    include "{file}";
}}
"""


def frame(stage: Stage, name: str, text: str) -> Path:
    path = stage.path(f"frame-{name}")
    path.write_text(text)
    return path


def nginx(stage: Stage, file: Path) -> list:
    whole = re.search(r"^events\b", file.read_text(), re.MULTILINE)
    main = file if whole else frame(stage, file.name, NGINX.format(file=file))
    return ["nginx", "-t", "-q", "-c", main, "-g", f"pid {stage.path('pid')}; error_log stderr;"]


def apache(stage: Stage, file: Path) -> list:
    modules = "\n".join(f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so" for each in APACHE_MODULES)
    return ["apache2", "-t", "-f", frame(stage, file.name, APACHE.format(stage=stage.directory, modules=modules, file=file))]


def haproxy(_: Stage, file: Path) -> list:
    return ["haproxy", "-c", "-q", "-f", file]


def lighttpd(_: Stage, file: Path) -> list:
    return ["lighttpd", "-tt", "-f", file]


COMMANDS = {"nginx": nginx, "apache": apache, "haproxy": haproxy, "lighttpd": lighttpd}


def prepare(stage: Stage) -> None:
    """What the configurations include by relative paths, and their certificate."""
    for name in ("fastcgi_params", "fastcgi.conf", "uwsgi_params", "mime.types", "snippets"):
        stage.path(name).symlink_to(f"/etc/nginx/{name}")
    stage.path("ports.conf").write_text("")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=shop", "-keyout", stage.path("key.pem"), "-out", stage.path("shop.pem")], check=True, capture_output=True)
    with stage.path("shop.pem").open("a") as both:
        both.write(stage.path("key.pem").read_text())


def missing_module(text: str) -> str | None:
    """A file's first line may name a module without which its balancer cannot read it."""
    needed = re.match(r"# module: (\S+)", text)
    return needed[1] if needed and not Path(needed[1]).exists() else None


def complaint(stage: Stage, kind: str, source: Path, name: str) -> str | None:
    """What the balancer has against the configuration; None: nothing."""
    copy = stage.path(name)
    shutil.copyfile(source, copy)
    copy.write_text(copy.read_text().replace(CERTIFICATE, str(stage.path("shop.pem"))))
    done = subprocess.run(COMMANDS[kind](stage, copy), capture_output=True, text=True, timeout=30)
    return None if done.returncode == 0 else (done.stderr + done.stdout).strip()
