# SPDX-License-Identifier: MIT
"""The figures as a page: each story's sentence and what it found, written as soon as it is known."""

import dataclasses
import os
import time
from pathlib import Path

from harness.machine import Skip, memory_controller
from harness.stories import Story


def machine_in_words() -> str:
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    kernel = ".".join(os.uname().release.split("-")[0].split(".")[:2])
    return (f"{os.cpu_count()} cores, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // (1 << 30)} GiB, "
            f"{system['PRETTY_NAME'].strip(chr(34))}, Linux {kernel}, cgroup {memory_controller()} for memory, "
            f"{time.strftime('%Y-%m-%d')}")


def _told(story: Story, page: Path):
    def tell(stage):
        found, text = "", ""
        try:
            found = text = story.tell(stage)
        except Skip as reason:
            text = f"left out: {reason}"
            raise
        except Exception as error:
            text = f"outside its bound, or failed: {error}"
            raise
        finally:
            with page.open("a") as file:
                file.write(f"\n## {story.sentence[0].upper()}{story.sentence[1:]}\n\n```text\n{text.strip()}\n```\n")
        return found
    return tell


def publish(stories: list[Story], page: Path) -> list[Story]:
    """The same stories, each of which adds what it found to `page`, which begins anew."""
    page.write_text(f"# Benchmarks\n\nWritten by `tests/bench/run --full --out {page.name}` on {machine_in_words()}. All that is\n"
                    "compared was measured in turns within one run, every answer checked.\n")
    return [dataclasses.replace(story, tell=_told(story, page)) for story in stories]
