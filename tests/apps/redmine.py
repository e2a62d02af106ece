# SPDX-License-Identifier: MIT
"""Redmine: Ruby on Rails under ruby-fcgi, by its own dispatch.fcgi; the database is SQLite. A copy of the package's tree, because
it looks for its configuration and its log below itself."""

import shutil
from pathlib import Path

from application import Application, Prepared, Question, as_user, give

TREE = Path("/usr/share/redmine")
DATABASE = "production:\n  adapter: sqlite3\n  database: {file}\n  timeout: 20000\n"
# The package's Gemfile takes the adapters that the machine's own instances use.
GEMS = 'gem "sqlite3" unless dependencies.map(&:name).include?("sqlite3")\n'


def prepare(folder: Path) -> Prepared:
    tree = folder / "redmine"
    shutil.copytree(TREE, tree, symlinks=True, ignore=shutil.ignore_patterns("Gemfile.lock", "database.yml", "instances"))
    instance = tree / "instances" / "default"
    for name in ("config", "log", "tmp", "files"):
        (instance / name).mkdir(parents=True)
    (instance / "config" / "database.yml").write_text(DATABASE.format(file=instance / "redmine.sqlite3"))
    (tree / "Gemfile.local").write_text(GEMS)
    give(folder)
    environment = {"RAILS_ENV": "production", "LANG": "C.UTF-8", "HOME": str(folder), "SECRET_KEY_BASE": "0123456789abcdef" * 4}
    setting_up = {**environment, "SCHEMA": "/dev/null", "REDMINE_LANG": "en"}
    as_user(["bundle", "install", "--local", "--quiet"], tree, setting_up)
    as_user(["bundle", "exec", "rake", "db:migrate"], tree, setting_up)
    as_user(["bundle", "exec", "rake", "redmine:load_default_data"], tree, setting_up)
    return Prepared({
        "app": {"command": ["/usr/bin/ruby", str(tree / "public" / "dispatch.fcgi")], "directory": str(tree),
                "environment": environment},
        "memory": {"max": "384MiB"},
        "start": {"timeout": "3min"},
    })


APPLICATION = Application(
    name="redmine",
    packages=["redmine", "redmine-sqlite", "ruby-fcgi"],
    answers=["redmine redmine/instances/default/dbconfig-install boolean false"],
    prepare=prepare,
    questions=[
        Question("/search?q={n}", "{n}", 3000, "</html>", 3),
        Question("/login?back_url=%2Fissues%3F{n}", "{n}", 4000, "</html>", 2),
        Question("/?n={n}", "Redmine", 3000, "</html>", 2),
        Question("/projects?n={n}", "Projects", 3000, "</html>"),
        Question("/issues?n={n}", "Issues", 5000, "</html>", 2),
        Question("/news?n={n}", "News", 3000, "</html>"),
    ],
)
