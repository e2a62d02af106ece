# SPDX-License-Identifier: MIT
"""Every request is counted, whatever the worker is written in."""

from harness import machine
from harness.clients import load
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.dying.outages import counted

STORIES = Collection()


def tell_counts(stage, command, needs: str, app: dict | None = None, key: str = "/", path: str = "/", requests: int = 3000):
    machine.need_program(needs)
    words = [str(machine.TEST_PROGRAMS / word) if word.startswith("app") else word for word in command]
    recycler = Recycler(stage, 2, {"app": {"command": words, **(app or {})}}).start(seconds=60)
    web = Lighttpd(stage, recycler.addresses, key=key)
    summary = Load(stage, web.url + path, requests=requests, connections=8, query="sleep=0-1").result()
    requests_counted = counted(recycler, summary["sent"])
    by = {slot["worker"]["requests"]["counted_by"] for slot in recycler.status()["slots"]}
    figures = f"{requests_counted} counted of {summary['sent']} sent, by {', '.join(map(str, by))}; {load.in_words(summary)}"
    assert lost(summary) == 0, figures
    assert requests_counted == summary["sent"] == requests, figures
    return figures


STORIES.add("every request to a libfcgi worker is counted", tell_counts, command=["app"], needs="lighttpd")
STORIES.add("every request to a libfcgi worker with four threads is counted", tell_counts,
            command=["app", "--threads", "4"], needs="lighttpd")
STORIES.add("every request to a Perl worker is counted", tell_counts,
            command=["/usr/bin/perl", "app.pl"], needs="perl")
STORIES.add("every request to php-cgi with three children is counted", tell_counts,
            command=["/usr/bin/php-cgi"], needs="php-cgi", key=".php", path="/app.php",
            app={"environment": {"PHP_FCGI_CHILDREN": "3", "PHP_FCGI_MAX_REQUESTS": "0"}})
STORIES.add("every request to a Ruby worker is counted", tell_counts,
            command=["/usr/bin/ruby", "app.rb"], needs="ruby", requests=1000)
STORIES.add("every request to an event loop in Node.js is counted", tell_counts,
            command=["/usr/bin/node", "app.js"], needs="node", app={"environment": {"NODE_PATH": "/usr/share/nodejs"}})
