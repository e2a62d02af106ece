# SPDX-License-Identifier: MIT
"""recyclerctl lint: what it says of the settings that the other stories run with, and that what it warns of really is lost."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import machine
from harness.clients.load import Load, in_words, lost
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.servers.balancers import Balancer
from harness.servers.lighttpd import Lighttpd
from harness.stage import Stage
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

# As the README has them, but for what stands in braces.
NGINX = """\
upstream shop {{
    server 127.0.0.1:{ports[0]} {setting};
    server 127.0.0.1:{ports[1]} {setting};
}}
server {{
    listen 127.0.0.1:{web};
    location / {{
        include fastcgi_params;
        fastcgi_pass shop;
    }}
}}
"""
HAPROXY_BACKEND = """\
fcgi-app shop
    docroot /srv/shop
    no option keep-conn
backend shop
    balance roundrobin
    {setting}
    retries 3
    use-fcgi-app shop
    server w0 127.0.0.1:{ports[0]} proto fcgi
    server w1 127.0.0.1:{ports[1]} proto fcgi
"""
HAPROXY_APP = HAPROXY_BACKEND.replace("{setting}", "option redispatch 1").replace("no option keep-conn", "{setting}")


def lint(config: Path, *words) -> tuple[int, list[dict]]:
    done = subprocess.run([machine.PROGRAMS / "recyclerctl", "--json", "lint", config, *words], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stdout}{done.stderr}"
    told = json.loads(done.stdout)
    assert not told["faults"], told["faults"]
    return done.returncode, told["findings"]


def nothing_is_found(config: Path, *words) -> None:
    status, findings = lint(config, *words)
    assert status == 0 and not findings, f"exit {status}: {findings}"


@story
def lint_finds_nothing_in_the_lighttpd_of_these_stories_and_names_a_port_that_it_has_not(stage):
    recycler = Recycler(stage, 4)
    recycler.write_policy()
    web = Lighttpd(stage, recycler.addresses)
    nothing_is_found(stage.path(f"lighttpd-{web.port}.conf"), "--policy", recycler.policy_file)
    fewer = Lighttpd(stage, recycler.addresses[:3])
    status, findings = lint(stage.path(f"lighttpd-{fewer.port}.conf"), "--policy", recycler.policy_file)
    assert status == 0 and [each["rule"] for each in findings] == ["slot-without-backend"], f"exit {status}: {findings}"
    assert f"127.0.0.1:{recycler.slots[3]} of app {recycler.app} is not a backend" in findings[0]["sentence"], findings


def served(recycler: Recycler, slot: str) -> int:
    return recycler.slot(slot)["worker"]["requests"]["served"] or 0


def serves(recycler: Recycler, slot: str) -> None:
    """More requests than can have been on their way already."""
    before = served(recycler, slot)
    wait_until(lambda: served(recycler, slot) > before + 100, 30, f"{slot} serves")


def answers(client: Load) -> None:
    def answered() -> int:
        return (client.latest() or {}).get("answered", 0)
    before = answered()
    wait_until(lambda: answered() > before + 100, 30, "requests are answered")


def close_one_after_the_other(recycler: Recycler, until) -> None:
    first, second = recycler.slots
    recycler.ctl("drain", first)
    serves(recycler, second)
    recycler.ctl("open", first)
    recycler.ctl("drain", second)
    until(first)
    recycler.ctl("open", second)


def close_one(recycler: Recycler, until) -> None:
    first, second = recycler.slots
    recycler.ctl("drain", first)
    until(second)
    recycler.ctl("open", first)


def close_none(recycler: Recycler, until) -> None:
    until(recycler.slots[0])


@dataclass(frozen=True)
class Case:
    """A rule, where to write what it warns of and what it advises, and what brings the loss about."""
    rule: str
    balancer: str
    block: str
    bad: str
    good: str
    tell: Callable
    deadline: float = 30  # of a request, where requests are lost
    status: int = 1  # of lint, when it has found it
    words: tuple[str, ...] = ()  # in front of the worker's command


CASES = [
    # A minute instead of the default ten seconds: nothing here is to happen in time.
    Case("nginx-ban-time", "nginx", NGINX, "fail_timeout=60s", "max_fails=0", close_one_after_the_other),
    Case("haproxy-no-redispatch", "haproxy", HAPROXY_BACKEND, "", "option redispatch 1", close_one),
    # What is lost waits for a worker that sits on an idle connection, where no recorder ends it.
    Case("haproxy-persistent", "haproxy", HAPROXY_APP, "", "no option keep-conn", close_none, deadline=2, status=0,
         words=("/usr/bin/env", "-u", "LD_PRELOAD")),
]


def serve(recycler: Recycler, case: Case, setting: str, deadline: float, until) -> tuple[dict, int, list[dict]]:
    """The load's summary, and what lint says."""
    with Stage() as own:
        port = machine.free_ports(1)
        block = case.block.format(ports=recycler.slots, web=port, setting=setting)
        web = Balancer(own, case.balancer, block, port)
        client = Load(own, web.url + "/app", duration=120, connections=8, query="sleep=0-2", think="1-4", deadline=deadline, progress=0.1)
        case.tell(recycler, lambda slot: until(client, slot))
        return client.end(), *lint(own.path(case.balancer) / "conf", "--policy", recycler.policy_file)


def tell_warning(stage, case: Case):
    machine.need_gates()
    recycler = Recycler(stage, 2, {"app": {"command": [*case.words, str(machine.TEST_PROGRAMS / "app")]}}).start()
    bad, status, findings = serve(recycler, case, case.bad, case.deadline, lambda client, slot: wait_until(
        lambda: len(client.lost()) > 3, 60, "requests are lost"))
    assert status == case.status and [each["rule"] for each in findings] == [case.rule], f"exit {status}: {findings}"
    assert status == 0 or findings[0]["severity"].startswith("loses"), findings
    assert case.good in findings[0]["advice"], findings
    recycler.ctl("recycle", "all")  # no worker is left on a connection of the balancer that was ended
    good, status, findings = serve(recycler, case, case.good, 30, lambda client, slot: answers(client))
    assert status == 0 and not findings, f"exit {status}: {findings}"
    figures = f"as warned of: {in_words(bad)}\nas advised: {in_words(good)}"
    assert lost(bad) > 3 and lost(good) == 0 and good["answered"] > 100, figures
    return figures


for each in CASES:
    STORIES.add(f"lint warns of {each.rule}, requests are lost by it, and by what it advises none", tell_warning, case=each)
