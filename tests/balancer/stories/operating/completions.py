# SPDX-License-Identifier: MIT
"""What the Tab key offers to a person at the keyboard."""

import re
import socket
import subprocess

from harness import machine
from harness.daemon.recycler import Recycler
from harness.shells import FILES, SHELLS, Keyboard, environment_of
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story


def help_of(program: str, *verb) -> str:
    done = subprocess.run([machine.PROGRAMS / program, *verb, "--help"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def options_of(text: str) -> set[str]:
    """The long ones."""
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE))


def verbs() -> list[str]:
    found = re.findall(r"^  (\w+)", help_of("recyclerctl").partition("Subcommands:")[2], re.MULTILINE)
    assert "drain" in found, found
    return found


def tell_offers(stage, shell: str):
    recycler = Recycler(stage, 2).start()
    asked = SHELLS[shell](stage, environment_of(recycler))

    def expect(line: str, *wanted: str) -> None:
        # zsh offers options too where nothing else is left.
        offered = [word for word in asked.offers(line) if not word.startswith("-")]
        assert sorted(offered) == sorted(wanted), f"{line!r}: {offered}, not {wanted}"

    first, second = recycler.slots
    expect("recyclerctl ", *verbs())
    expect("recyclerctl dra", "drain")
    expect("recyclerctl --app story-", recycler.app)
    expect("recyclerctl --app=story-", recycler.app)
    expect("recyclerctl status --app ", recycler.app)
    for verb in ["status", "drain", "open", "recycle", "why"]:
        expect(f"recyclerctl {verb} ", first, second, "all")
    expect(f"recyclerctl --app {recycler.app} drain --timeout 30s {first} ", second, "all")
    expect(f"recyclerctl --app {recycler.app} drain --timeout ")
    for line in [f"recyclerctl why {first} ", "recyclerctl stop ", "recyclerctl --app nobody drain "]:
        expect(line)
    for file in ["shop.toml", "shop.txt"]:
        stage.path(file).touch()
    for command in ["recyclerctl check", "recyclerd"]:
        offered = asked.offers(f"{command} {stage.directory}/sho")
        assert [file.rpartition("/")[2] for file in offered] == ["shop.toml"], f"{command}: {offered}"
    offered = asked.offers(f"recyclerctl lint {stage.directory}/sho")
    assert sorted(file.rpartition("/")[2] for file in offered) == ["shop.toml", "shop.txt"], offered
    expect("recyclerctl blame --by ", "growth", "time")
    expect("recyclerctl lint --kind ", "nginx", "haproxy", "apache", "lighttpd")
    recycler.stop()
    expect("recyclerctl drain ")


def tell_options(stage, shell: str):
    asked = SHELLS[shell](stage, environment_of(Recycler(stage, 1)))
    for words in [("recyclerctl",), ("recyclerd",), *(("recyclerctl", verb) for verb in verbs())]:
        wanted = options_of(help_of(*words))
        # Those that recyclerctl takes before the verb may stand behind it.
        wanted |= {"--app", "--json"} if words[1:] else set()
        offered = set(asked.offers(" ".join(words) + " --"))
        assert offered == wanted, f"{' '.join(words)}: {offered ^ wanted}"


def tell_silence(stage, shell: str):
    recycler = Recycler(stage, 1)
    for name in ["silent", "dead"]:
        stage.path("run").joinpath(name).mkdir(parents=True)
    listener = stage.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(stage.path("run/silent/control")))
    listener.listen()  # connects are taken, and nobody ever answers
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(stage.path("run/dead/control")))
    asked = SHELLS[shell](stage, environment_of(recycler))
    for app in ["silent", "dead"]:
        offered = asked.offers(f"recyclerctl --app {app} drain ")
        assert not offered, f"{app}: {offered}"


for name in SHELLS:
    STORIES.add(f"the completion of {name} offers verbs, running apps, their slots and policies", tell_offers, shell=name)
    STORIES.add(f"the completion of {name} offers each option that the help names, and no other", tell_options, shell=name)
    STORIES.add(f"the completion of {name} offers nothing and comes back where no daemon answers", tell_silence, shell=name)


@story
def the_completion_files_name_each_verb_and_option(_stage):
    wanted = {"recyclerd": options_of(help_of("recyclerd")), "recyclerctl": options_of(help_of("recyclerctl")) | set(verbs())}
    for verb in verbs():
        wanted["recyclerctl"] |= options_of(help_of("recyclerctl", verb))
    for program, words in wanted.items():
        for shell in SHELLS:
            text = (FILES / f"{program}.{shell}").read_text().replace("-l ", "--")
            missing = [word for word in sorted(words) if not re.search(rf"(?<![\w-]){word}(?![\w-])", text)]
            assert not missing, f"{program}.{shell} lacks {missing}"


@story
def a_completion_typed_at_bash_becomes_a_command_that_runs(stage):
    recycler = Recycler(stage, 1).start()
    keyboard = Keyboard(stage, ["/usr/bin/bash", "--norc", "-i"], environment_of(recycler))
    keyboard.type(f"source {FILES}/recyclerctl.bash\n")
    keyboard.type(f"recyclerctl --js\t--app st\tstat\t{recycler.slots[0][:2]}\t\n")
    keyboard.wait('"slots":[{"slot":"' + recycler.slots[0])
    typed = f"recyclerctl --json --app {recycler.app} status {recycler.slots[0]}"
    assert typed in keyboard.read(), keyboard.read()
