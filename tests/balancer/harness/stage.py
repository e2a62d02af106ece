# SPDX-License-Identifier: MIT
"""The place where one story happens: a temporary directory, and everything started in it, ended in reverse order."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from harness.processes import Process


class Stage(contextlib.ExitStack):
    def __init__(self):
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="recycler-story."))
        # The workers' user enters it: sockets, programs and documents may stand here.
        self.directory.chmod(0o755)
        self.callback(shutil.rmtree, self.directory, ignore_errors=True)

    def path(self, name: str) -> Path:
        return self.directory / name

    def start(self, argv, name: str, **options) -> Process:
        """Starts a program that is stopped when the stage is left, at the latest."""
        process = Process(argv, self.path(f"{name}.log"), **options)
        self.callback(process.stop)
        return process
