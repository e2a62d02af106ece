# SPDX-License-Identifier: MIT
"""The settings of docs/balancers: what the README shows, what lint says of them, and a few short cells of the matrix."""

import shutil

from cells import rows
from cells.cell import BALANCERS, Cell, all_cells, exemption
from cells.measure import Amounts, measure
from harness import machine
from harness.daemon.recycler import Recycler
from harness.servers import snippets
from harness.servers.balancers import Balancer
from harness.stories import Collection
from stories.operating.lint import lint
from stories.operating.readme import blocks

STORIES = Collection()
story = STORIES.story

# Every handover and trigger, every balancer with its own settings and with ours, both kinds of sockets.
TOLD = [
    Cell("lighttpd", "default", "overlap", "requests"),
    Cell("nginx", "default", "overlap", "memory"),
    Cell("apache", "default", "queue", "operator"),
    Cell("haproxy", "recommended", "close", "operator"),
    Cell("nginx", "recommended", "close", "requests", "unix"),
]


def tell_cell(stage, cell: Cell):
    del stage  # it has one of its own
    machine.need_gates()
    amounts = Amounts(requests=1500, recycles=8)
    row = measure(cell, amounts)
    fault = rows.fault_of(row, amounts)
    figures = f"{row['recycles']} recycles, {row['failures']} of {row['requests']} requests lost, worst {row['max_ms']:g} ms"
    assert not fault, f"{fault}; {figures}"
    return figures


for each in TOLD:
    STORIES.add(f"{each.balancer} with {each.settings} settings on {each.sockets} loses nothing by {each.handover} for "
                f"{each.trigger}", tell_cell, cell=each)


@story
def the_readme_shows_the_settings_that_are_installed(_stage):
    for name in BALANCERS:
        assert blocks(name)[0] == snippets.block(name), f"{snippets.FILES[name]}: {snippets.block(name)}"


@story
def lint_warns_of_what_the_matrix_does_not_promise_and_finds_nothing_in_the_installed_settings(stage):
    port = machine.free_ports(1)
    on_ports = Recycler(stage, 4)
    local = Recycler(stage, 4, {"app": {"listen": f"unix:{stage.path('%s.sock')}", "workers": 4}})
    paths = [str(stage.path(f"{number}.sock")) for number in range(4)]
    for cell in all_cells():
        if cell.trigger == "operator":
            recycler, addresses = (local, paths) if cell.sockets == "unix" else (on_ports, on_ports.addresses)
            recycler.write_policy({"capacity": {"handover": cell.handover},
                                   "app": {"keep_connections": "auto" if cell.keeps else "off"}})
            config = stage.path(f"{cell.balancer}.conf")
            config.write_text(snippets.SETTINGS[cell.settings](cell.balancer, addresses, port))
            _, findings = lint(config, "--policy", recycler.policy_file)
            losing = [each["rule"] for each in findings if each["severity"].startswith("loses")]
            exempt = exemption(cell)
            if exempt:
                assert exempt.rule in losing, f"{cell.name}: {findings}"
            elif cell.settings == "recommended" or cell.balancer == "lighttpd":
                assert not findings, f"{cell.name}: {findings}"
            else:
                assert not losing or cell.handover == "auto", f"{cell.name} is promised: {findings}"


@story
def the_installed_settings_are_accepted_by_lint_and_by_each_balancer_as_they_are(stage):
    for name in BALANCERS:
        own = stage.path(snippets.FILES[name])
        shutil.copy(snippets.FOLDER / snippets.FILES[name], own)
        status, findings = lint(own)
        assert status == 0 and not findings, f"{own.name}: {findings}"
        port = machine.free_ports(1)
        Balancer(stage, name, snippets.text(name).replace("listen 80;", f"listen 127.0.0.1:{port};"), port)


@story
def a_row_of_the_matrix_that_lost_something_or_is_short_breaks_its_promise(_stage):
    amounts = Amounts(requests=1000, recycles=10)
    whole = {"failures": 0, "requests": 1000, "recycles": 10, "ends": {"recycled": 10}, "faults": {}, "seconds": 1}
    assert rows.fault_of(whole, amounts) is None
    for change in [{"failures": 1}, {"requests": 999}, {"recycles": 9}, {"ends": {"recycled": 10, "drain-cut": 1}}]:
        assert rows.fault_of({**whole, **change}, amounts), change
    assert len({cell.name for cell in all_cells()}) == len(all_cells()), "two cells have the same name"
