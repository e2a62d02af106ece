# SPDX-License-Identifier: MIT
"""MediaWiki under php-cgi, three processes in each worker; the database is SQLite."""

from pathlib import Path

from application import Application, Prepared, Question, as_user, give

TREE = "/usr/share/mediawiki"
CHILDREN = 3
# Nothing beside the answers: jobs and caches write to a database that one process at a time may write to.
QUIET = """
$wgJobRunRate = 0;
$wgMainCacheType = CACHE_NONE;
$wgParserCacheType = CACHE_NONE;
$wgMessageCacheType = CACHE_NONE;
$wgDisableCounters = true;
"""


def prepare(folder: Path) -> Prepared:
    settings = folder / "LocalSettings.php"
    give(folder)
    as_user(["php", f"{TREE}/maintenance/install.php", "--confpath", folder, "--dbtype", "sqlite", "--dbpath", folder,
             "--dbname", "wiki", "--pass", "recycler.apps.4711", "--server", "http://127.0.0.1", "--scriptpath", "",
             "Wiki of the test", "Admin"], folder, {"HOME": str(folder)})
    settings.write_text(settings.read_text() + QUIET)
    return Prepared(
        policy={
            "app": {"command": ["/usr/bin/php-cgi"],
                    "environment": {"PHP_FCGI_CHILDREN": str(CHILDREN), "PHP_FCGI_MAX_REQUESTS": "0"}},
            "memory": {"max": "512MiB"},
            "limits": {"pids": 16},
        },
        web=f"fastcgi_param SCRIPT_FILENAME {TREE}$fastcgi_script_name;\nfastcgi_param MW_CONFIG_FILE {settings};",
    )


APPLICATION = Application(
    name="mediawiki",
    packages=["mediawiki", "php-cgi", "php-cli", "php-sqlite3", "php-mbstring", "php-xml", "php-intl"],
    prepare=prepare,
    processes=CHILDREN,
    questions=[
        Question("/index.php?title=Special:Search&search={n}", "{n}", 5000, "</html>", 2),
        Question("/index.php?title={n}&action=edit", "Creating {n}", 5000, "</html>", 2),
        Question("/index.php?title=Main_Page&n={n}", "MediaWiki has been installed", 5000, "</html>", 3),
        Question("/api.php?action=query&format=json&titles={n}", "{n}", 60, "}"),
    ],
)
