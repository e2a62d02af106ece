# SPDX-License-Identifier: MIT
"""Disks are made once, whole, and removed only when nobody uses them."""

import tempfile
import unittest
from pathlib import Path

from disks import Disks, Unsafe, InUse


def written(text: str):
    def make(folder: Path) -> None:
        (folder / "root.ext4").write_text(text)
    return make


def never(folder: Path) -> None:
    raise AssertionError("it was made again")


def killed(folder: Path) -> None:
    (folder / "root.ext4").write_text("half")
    raise KeyboardInterrupt


class KeptDisks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.kept = self.top / "cache" / "guests"

    def disks(self, recipe: str, release: str = "bookworm") -> Disks:
        return Disks(release, recipe, self.kept)

    def content(self, recipe: str, make, **how) -> str:
        with self.disks(recipe).used(make, **how) as folder:
            return (folder / "root.ext4").read_text()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.kept.iterdir() if path.is_dir())

    def test_a_disk_is_made_once_for_each_recipe(self):
        self.assertEqual(self.content("1", written("first")), "first")
        self.assertEqual(self.content("1", never), "first")
        self.assertEqual(self.content("2", written("second")), "second")
        self.assertEqual(self.names(), ["bookworm-2"])

    def test_another_release_is_left_alone(self):
        with self.disks("1", "trixie").used(written("theirs")):
            pass
        self.content("1", written("first"))
        self.assertEqual(self.names(), ["bookworm-1", "trixie-1"])

    def test_a_disk_that_is_in_use_is_not_removed(self):
        with self.disks("1").used(written("first")) as first:
            self.content("2", written("second"))
            self.assertEqual((first / "root.ext4").read_text(), "first")
            self.assertEqual(self.names(), ["bookworm-1", "bookworm-2"])
        self.content("3", written("third"))
        self.assertEqual(self.names(), ["bookworm-3"])

    def test_one_that_was_not_finished_is_not_there(self):
        with self.assertRaises(KeyboardInterrupt):
            self.content("1", killed)
        self.assertEqual(self.names(), [])
        # Nor one whose maker could not even clean up.
        (self.kept / "bookworm.making").mkdir()
        (self.kept / "bookworm.making" / "root.ext4").write_text("half")
        (self.kept / "bookworm.removed").mkdir()
        self.assertEqual(self.content("1", written("whole")), "whole")
        self.assertEqual(self.names(), ["bookworm-1"])

    def test_a_fresh_one_takes_the_place_of_one_that_nobody_uses(self):
        self.content("1", written("stale"))
        self.assertEqual(self.content("1", written("fresh"), fresh=True), "fresh")
        with self.disks("1").used(never):
            with self.assertRaises(InUse):
                self.content("1", never, fresh=True)
        self.assertEqual(self.content("1", never), "fresh")

    def test_what_others_could_have_written_is_not_used(self):
        self.content("1", written("first"))
        for path in [self.kept / "bookworm-1" / "root.ext4", self.kept / "bookworm-1", self.kept, self.kept.parent]:
            with self.subTest(path=path):
                mode = path.stat().st_mode
                path.chmod(mode | 0o020)
                with self.assertRaises(Unsafe):
                    self.content("1", never)
                path.chmod(mode)
        self.assertEqual(self.content("1", never), "first")


if __name__ == "__main__":
    unittest.main()
