# SPDX-License-Identifier: MIT
"""What a shell offers at the end of a command line, with the completions of this tree: asked of the shell itself."""

import contextlib
import os
import pty
import select
import signal
import subprocess
from pathlib import Path

from harness import machine
from harness.daemon.recycler import Recycler
from harness.processes import wait_until
from harness.stage import Stage

FILES = machine.TREE / "recycler/ctl/completions"


class Keyboard:
    """A program on a terminal of its own."""

    def __init__(self, stage: Stage, argv, environment: dict):
        self.master, slave = pty.openpty()
        stage.callback(os.close, self.master)
        self.shown = b""
        # A shell that somebody types into ignores SIGTERM.
        self.process = stage.start(argv, Path(argv[0]).name, env=dict(environment, TERM="dumb"), stdin=slave, stdout=slave,
                                   stderr=slave, stop_signal=signal.SIGHUP)
        os.close(slave)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self) -> str:
        """All that it has shown so far."""
        with contextlib.suppress(OSError):
            while select.select([self.master], [], [], 0)[0]:
                self.shown += os.read(self.master, 65536)
        return self.shown.decode(errors="replace")

    def wait(self, words: str, seconds: float = 30) -> None:
        wait_until(lambda: words in self.read(), seconds, f"{words!r} on the terminal: {self.shown!r}")


def environment_of(recycler: Recycler) -> dict:
    """Where recyclerctl is found, and the daemon by it."""
    return dict(recycler.environment, PATH=f"{machine.PROGRAMS}:{os.environ['PATH']}")


def said(argv, environment: dict) -> list[str]:
    """The lines that a shell printed, which has nothing to complain about."""
    done = subprocess.run([*map(str, argv)], env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.stderr == "", done.stderr
    return done.stdout.splitlines()


class Bash:
    def __init__(self, _stage: Stage, environment: dict):
        self.environment = environment

    def offers(self, line: str) -> list[str]:
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1" "$1"; '
                  'for word in "${COMPREPLY[@]}"; do printf "%s\\n" "$word"; done')
        words = line.replace("=", " = ").split(" ")
        return said(["bash", "--norc", "-c", script, "bash", FILES / f"{words[0]}.bash", *words], self.environment)


class Fish:
    def __init__(self, stage: Stage, environment: dict):
        machine.need_program("fish")
        self.environment = dict(environment, HOME=str(stage.directory))

    def offers(self, line: str) -> list[str]:
        script = f'source {FILES}/{line.split()[0]}.fish; complete -C "$TYPED"'
        lines = said(["fish", "--no-config", "-c", script], dict(self.environment, TYPED=line))
        # A candidate, a tab, what it is; "--app=shop" comes whole.
        return [offer.split("\t")[0].rpartition("=")[2] for offer in lines]


ZSH_RC = r"""
fpath=($FUNCTIONS $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
    if (( ! ${@[(I)-[OAD]]} )); then # else it asks only which words match
        local -a hits
        builtin compadd -A hits "$@"
        (( ! $#hits )) || print -rl -- $hits >>$OFFERED
    fi
    builtin compadd "$@"
}
offer() {
    _main_complete
    compstate[insert]= compstate[list]=
    print -r -- END >>$OFFERED
}
zle -C offer complete-word offer
bindkey '^I' offer
print READY
"""


class Zsh:
    """zsh completes only for somebody who types."""

    def __init__(self, stage: Stage, environment: dict):
        machine.need_program("zsh")
        functions = stage.path("functions")
        functions.mkdir()
        for program in ["recyclerctl", "recyclerd"]:
            (functions / f"_{program}").symlink_to(FILES / f"{program}.zsh")
        stage.path(".zshrc").write_text(ZSH_RC)
        self.offered = stage.path("offered")
        self.keyboard = Keyboard(stage, ["/usr/bin/zsh", "-i"], dict(
            environment, ZDOTDIR=str(stage.directory), FUNCTIONS=str(functions), OFFERED=str(self.offered)))
        self.keyboard.wait("READY")

    def offers(self, line: str) -> list[str]:
        self.offered.write_text("")
        self.keyboard.type(f"\x15{line}\t")  # Ctrl-U: an empty line first
        wait_until(lambda: self.offered.read_text().endswith("END\n"), 60, f"zsh completes {line}: {self.keyboard.read()}")
        return self.offered.read_text().splitlines()[:-1]


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}
