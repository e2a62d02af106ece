# SPDX-License-Identifier: MIT
"""What real balancers write about a failure is explained by what the test did: the short form of tests/explained/run."""

import subprocess
import sys

from harness import machine
from harness.stories import Collection

STORIES = Collection()
RUNNER = machine.TREE / "tests" / "explained" / "run"
SKIPPED = 77


@STORIES.story
def what_real_balancers_write_about_failures_is_blamed_on_what_the_test_has_done(stage):
    done = subprocess.run([sys.executable, str(RUNNER), "--short"], capture_output=True, text=True, timeout=600)
    if done.returncode == SKIPPED:
        raise machine.Skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]
