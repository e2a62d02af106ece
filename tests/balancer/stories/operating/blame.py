# SPDX-License-Identifier: MIT
"""Which requests make workers grow, and which are slow: what `recyclerctl blame` names after real ones."""

import itertools
import json
import random
import resource
import string
from pathlib import Path

from harness import machine
from harness.clients.fastcgi import Asking, ask
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

KIB = 1 << 10
LEAK = 400  # KiB a request


def blame_of(recycler: Recycler) -> dict:
    return json.loads(recycler.ctl("--json", "blame"))


def route_of(blame: dict, name: str) -> dict:
    return next(route for route in blame["routes"] if route["route"] == name)


def ask_for(recycler: Recycler, pages: list[str], chance: random.Random, numbers) -> int:
    """Asks for pages at random; how many requests were measured until then."""
    for number in numbers:
        page = chance.choice(pages)
        leaks = page == "/export/"
        asking = Asking(recycler.addresses[number % 2], f"leak={LEAK}" if leaks else "x=1",
                        script=f"{page}{number}" if leaks else page)
        assert asking.answer() is not None
    return blame_of(recycler)["measured"]


@story
def the_one_route_among_fifty_that_leaks_is_the_first_that_blame_names(stage):
    recycler = Recycler(stage, 2).start()
    chance = random.Random(5)
    pages = [f"/page-{one}{other}" for one in "ab" for other in string.ascii_lowercase][:49] + ["/export/"]
    numbers = itertools.count()
    # Requests are measured by chance: of 800, some 16 are of this route, and that they are fewer than 5 happens to nobody.
    wait_until(lambda: ask_for(recycler, pages, chance, itertools.islice(numbers, 1000)) >= 800, 60, "enough was measured")
    asked = next(numbers)
    blame, page = blame_of(recycler), recycler.ctl("blame")
    worst = blame["routes"][0]
    figures = (f"{worst['route']}: {worst['growth_bytes_per_request'] / KIB:.0f} KiB of {LEAK} a request, at least "
               f"{worst['certain_bytes_per_request'] / KIB:.0f}, by {worst['measured']} of about {worst['requests']} requests; "
               f"{blame['measured']} of {asked} measured")
    assert worst["route"] == "/export/*" and worst["method"] == "GET", figures
    assert LEAK / 2 < worst["growth_bytes_per_request"] / KIB < LEAK * 2, figures
    assert worst["growth_bytes"] > blame["growth_bytes"] / 4, figures
    assert worst["worst"]["uri"].startswith("/export/") and f"leak={LEAK}" in worst["worst"]["uri"], worst
    assert page.startswith("GET /export/* makes workers grow: "), page
    return figures


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


@story
def a_leak_that_a_parameter_chooses_is_charged_with_what_the_worker_has_grown(stage):
    recycler = Recycler(stage, 1, {"blame": {"query": ["action"]}}).start()
    chance = random.Random(7)
    numbers = itertools.count()
    def asks(count: int) -> None:
        for number in itertools.islice(numbers, count):
            edits = chance.randrange(10) == 0
            query = f"title=Page{number}&action=" + (f"edit&leak={LEAK}" if edits else "view&x=1")
            assert ask(recycler.addresses[0], query, script="/index.php") is not None
    asks(20)
    pid = recycler.worker_pids()[0]
    began, warm = resident(pid), next(numbers)
    def proven() -> dict | None:
        asks(300)
        blame = blame_of(recycler)
        return blame if blame["net"]["lasting"] == "grows" else None
    blame = wait_until(proven, 60, "enough stretches were measured to prove that the worker grows")
    truth = (resident(pid) - began) / (next(numbers) - warm)
    worst, net = blame["routes"][0], blame["net"]["growth_bytes_per_request"]
    figures = (f"{worst['growth_bytes_per_request'] / KIB:.0f} KiB of {LEAK} a request, over all {net / KIB:.1f} of "
               f"{truth / KIB:.1f} by /proc; {blame['net']['stretches']} stretches")
    assert worst["route"] == "/index.php?action=edit" and worst["processes"] == 1, worst
    assert LEAK / 2 < worst["growth_bytes_per_request"] / KIB < LEAK * 2, figures
    assert truth * 0.6 < net < truth * 1.6, figures
    assert not [route for route in blame["routes"][1:] if route["certain_bytes_per_request"] > LEAK * KIB / 20], blame["routes"]
    return figures


@story
def what_php_gives_back_after_its_answer_is_blamed_on_nobody(stage):
    machine.need_program("php-cgi")
    recycler = Recycler(stage, 1, {"app": {"command": ["/usr/bin/php-cgi"], "environment": {"PHP_FCGI_MAX_REQUESTS": "0"}}}).start()
    root = str(machine.TEST_PROGRAMS)
    for number in range(150):
        assert ask(recycler.addresses[0], f"leak=8192&nonce={number}", script="/app.php", root=root) is not None
    route = route_of(blame_of(recycler), "/app.php")
    figures = f"{route['growth_bytes_per_request'] / KIB:.1f} KiB a request, of 8192 given back, by {route['measured']} requests"
    assert route["measured"] >= 5, figures
    assert abs(route["growth_bytes_per_request"]) < 1024 * KIB, figures
    return figures


@story
def blame_tells_each_slow_request_and_the_one_for_which_a_worker_was_ended(stage):
    recycler = Recycler(stage, 1, {"recycle": {"hung": "1s"}, "drain": {"stop_timeout": "1s"}}).start()
    for _ in range(300):
        assert ask(recycler.addresses[0], script="/quick") is not None
    assert ask(recycler.addresses[0], "sleep=300", script="/report/17") is not None
    with Asking(recycler.addresses[0], "sleep=60000", script="/stuck/4711").socket:
        assert recycler.wait_end(recycler.slots[0], 30)["verdict"] == "hung"
    recycler.wait_serving(recycler.slots[0], 2)
    blame = blame_of(recycler)
    slow, stuck = route_of(blame, "/report/*"), route_of(blame, "/stuck/*")
    assert slow["slowest"]["seconds"] >= 0.3 and slow["slowest"]["uri"].startswith("/report/17?"), slow
    assert stuck["hung"] == 1 and stuck["slowest"]["seconds"] >= 1, stuck
    assert slow["time_s"] + stuck["time_s"] > blame["time_s"] / 2, blame
    page = recycler.ctl("blame", "--by", "time")
    first = next(line for line in page.splitlines() if line.startswith("GET "))
    assert first.startswith("GET /stuck/* "), page


@story
def blame_says_why_it_cannot_see_the_requests_of_a_worker(stage):
    recycler = Recycler(stage, 1, {"app": {"command": [str(machine.TEST_PROGRAMS / "scribbler")]}}).start()
    assert blame_of(recycler)["requests"] == 0
    ask(recycler.addresses[0])
    wait_until(lambda: blame_of(recycler)["unseen_workers"] == 1, 10, "the worker has overwritten its page")
    page = " ".join(recycler.ctl("blame").split())  # however it is wrapped
    assert "has overwritten what the recorder wrote" in page, page
