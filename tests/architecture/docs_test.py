# SPDX-License-Identifier: MIT
"""What the pages name is there: each file, each link, each heading and each preset of CMake. So no page outlives what it tells of."""

import json
import re
import unittest

import tree

# The pages for those who read the sources. Each path in them that begins with a folder of the tree must exist.
PAGES_WITH_PATHS = ("README.md", "HACKING.md", "SECURITY.md", "docs/architecture.md", "docs/security.md")
FOLDERS = (*tree.FOLDERS, "docs", "debian", "cmake", ".ci")
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*[\w/*]")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
OTHER_SITE = re.compile(r"^[a-z]+:")
PAGE_NAMED = re.compile(r"(?<![\w/.-])[\w./-]+\.md\b")
PRESET = re.compile(r"\b(cmake --build|cmake|ctest) --preset ([\w-]+)")
KIND = {"cmake": "configurePresets", "cmake --build": "buildPresets", "ctest": "testPresets"}


def pages():
    """Every page of Markdown in the tree, by its path."""
    found = [*tree.TOP.glob("*.md"), *(tree.TOP / "docs").rglob("*.md"), *(tree.TOP / "tests").rglob("*.md")]
    return sorted(path.relative_to(tree.TOP).as_posix() for path in found)


def text_of(page):
    return (tree.TOP / page).read_text(encoding="utf-8")


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def is_there(path):
    """A word in capitals stands for any name, a star for any part of one."""
    pattern = re.sub(r"(?<=/)[A-Z]+(?=/|$)", "*", path.rstrip("/"))
    return any(True for _ in tree.TOP.glob(pattern))


def path_faults(page, text):
    return [f"{page}:{line_of(text, found.start())}: there is no {found[0]}"
            for found in PATH.finditer(text) if not is_there(found[0])]


def anchors_in(text):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ +(.*)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_faults(page, text):
    faults = []
    for found in LINK.finditer(FENCED.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)):
        if OTHER_SITE.match(found[1]):
            continue
        target, _, anchor = found[1].partition("#")
        file = (tree.TOP / page).parent / target if target else tree.TOP / page
        where = f"{page}:{line_of(text, found.start())}"
        if not file.exists():
            faults.append(f"{where}: the link to {found[1]} leads nowhere")
        elif anchor and file.suffix == ".md" and anchor not in anchors_in(text if not target else file.read_text(encoding="utf-8")):
            faults.append(f"{where}: no heading makes the anchor #{anchor}")
    return faults


def preset_faults(page, text, presets):
    return [f"{page}:{line_of(text, found.start())}: {KIND[found[1]]} has no {found[2]}"
            for found in PRESET.finditer(text) if found[2] not in presets[KIND[found[1]]]]


def presets_in(text):
    known = json.loads(text)
    return {kind: {preset["name"] for preset in known[kind] if not preset.get("hidden")} for kind in KIND.values()}


class Docs(unittest.TestCase):
    def nothing_in(self, faults):
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_every_path_that_a_page_names_exists(self):
        named = {page: len(PATH.findall(text_of(page))) for page in PAGES_WITH_PATHS}
        self.assertGreater(sum(named.values()), 100, "the check sees no paths")
        self.nothing_in([fault for page in PAGES_WITH_PATHS for fault in path_faults(page, text_of(page))])

    def test_every_link_leads_to_a_file_and_a_heading(self):
        self.assertTrue(set(PAGES_WITH_PATHS) <= set(pages()), "the check looks in the wrong place")
        self.nothing_in([fault for page in pages() for fault in link_faults(page, text_of(page))])

    def test_no_source_speaks_of_a_page_that_is_not_there(self):
        known = pages()
        faults = []
        for path in [*tree.files(".hpp", ".h", ".cpp", ".c", ".py", ".txt"), *known]:
            if path == "tests/architecture/docs_test.py":
                continue
            for named in PAGE_NAMED.findall(text_of(path)):
                if not any(("/" + page).endswith("/" + named.lstrip("./")) for page in known):
                    faults.append(f"{path}: there is no {named}")
        self.nothing_in(faults)

    def test_every_preset_that_a_page_names_exists(self):
        presets = presets_in(text_of("CMakePresets.json"))
        self.nothing_in([fault for page in pages() for fault in preset_faults(page, text_of(page), presets)])

    def test_each_check_can_fail(self):
        self.assertEqual(path_faults("x.md", "a\nin `recycler/slots/nothing.cpp`."), ["x.md:2: there is no recycler/slots/nothing.cpp"])
        self.assertEqual(len(path_faults("x.md", "tests/nowhere/run, policies/no*.hpp")), 2)
        self.assertIn("leads nowhere", link_faults("README.md", "[a](docs/nothing.md)")[0])
        self.assertIn("no heading", link_faults("README.md", "# One\n[a](#two)")[0])
        presets = {"configurePresets": {"debug"}, "buildPresets": {"debug"}, "testPresets": {"debug-unit"}}
        self.assertEqual(len(preset_faults("x.md", "cmake --preset a; cmake --build --preset b; ctest --preset c", presets)), 3)

    def test_what_is_there_passes(self):
        for text in ("`tests/fuzz/corpus/TARGET`", "policies/parsing/*.hpp", "/etc/recycler/shop.toml", "docs/balancers/", "recycler/slots."):
            with self.subTest(text=text):
                self.assertEqual(path_faults("x.md", text), [])
        self.assertEqual(link_faults("README.md", "# What is *it*?\n[a](#what-is-it), [b](https://example.org), [c](man/recyclerd.8)"), [])
        presets = {"configurePresets": {"debug"}, "buildPresets": {"debug"}, "testPresets": {"debug-unit"}}
        text = "cmake --preset debug && cmake --build --preset debug && ctest --preset debug-unit"
        self.assertEqual(preset_faults("x.md", text, presets), [])


if __name__ == "__main__":
    unittest.main()
