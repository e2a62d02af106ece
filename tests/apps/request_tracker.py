# SPDX-License-Identifier: MIT
"""Request Tracker 5: Perl, Plack and Mason under its own rt-server.fcgi; the database is SQLite. Everybody is signed in as root."""

import http.client
import urllib.parse
from pathlib import Path

from application import Application, Broken, Prepared, Question, as_user, give

SETTINGS = """\
Set($rtname, 'apps.test');
Set($Organization, 'apps.test');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.sqlite3');
Set($WebDomain, '127.0.0.1');
Set($WebPath, '');
Set($RestrictReferrer, 0);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/sessions';
1;
"""


def sign_in(port: int) -> dict[str, str]:
    """root, with the password that rt-setup-database gives it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = urllib.parse.urlencode({"user": "root", "pass": "password", "next": ""})
    connection.request("POST", "/NoAuth/Login.html", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    said = answer.read()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    if answer.status not in (200, 302) or not cookie:
        raise Broken(f"nobody can sign in: status {answer.status}, {said[:300]!r}")
    return {"Cookie": cookie}


def prepare(folder: Path) -> Prepared:
    for name in ("mason", "sessions", "settings"):
        (folder / name).mkdir()
    (folder / "settings.pm").write_text(SETTINGS.replace("{folder}", str(folder)))
    give(folder)
    environment = {"RT_SITE_CONFIG": str(folder / "settings.pm"), "RT_SITE_CONFIG_DIR": str(folder / "settings"),
                   "HOME": str(folder), "LANG": "C.UTF-8"}
    as_user(["rt-setup-database-5", "--action", "init", "--skip-create", "--dba-password", ""], folder, environment)
    return Prepared(
        policy={
            "app": {"command": ["/usr/bin/perl", "/usr/share/request-tracker5/libexec/rt-server.fcgi"],
                    "environment": environment},
            "memory": {"max": "512MiB"},
            "start": {"timeout": "3min"},
        },
        web='fastcgi_param SCRIPT_NAME "";\nfastcgi_param PATH_INFO $uri;',
        sign_in=sign_in,
        signed_in_by=1,
    )


APPLICATION = Application(
    name="request-tracker",
    packages=["request-tracker5", "rt5-fcgi", "rt5-db-sqlite"],
    answers=["request-tracker5 request-tracker5/dbconfig-install boolean false",
             "request-tracker5 request-tracker5/rtname string apps.test",
             "request-tracker5 request-tracker5/install-cronjobs boolean false"],
    prepare=prepare,
    questions=[
        Question("/Search/Simple.html?q={n}", "{n}", 3000, "</html>", 3),
        Question("/?n={n}", "RT at a glance", 5000, "</html>", 2),
        Question("/Ticket/Create.html?Queue=1&Subject={n}", "{n}", 8000, "</html>", 2),
        Question("/Search/Build.html?NewQuery=1&n={n}", "Query Builder", 8000, "</html>"),
        Question("/Prefs/Other.html?n={n}", "Preferences", 5000, "</html>"),
    ],
)
