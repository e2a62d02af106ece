# SPDX-License-Identifier: MIT
"""tests/one finds each test by any part of its name, and says what is near when there is none."""

import unittest
from pathlib import Path

import catalog
from catalog import Test, matching, near

TREE = Path(__file__).resolve().parents[1]

CMAKE = """
recycler_unit_test(slots
  driver.cpp
  ${CMAKE_SOURCE_DIR}/tests/elsewhere_test.cpp
  due_test.cpp)
recycler_kernel_test(listener listener/main.cpp listener/gate_test.cpp
  LIBS recycler_worker)
add_executable(scenario scenario_test.cpp world.cpp)
add_executable(worker_app app.c)
"""

SOURCE = """
TEST_CASE("a short name") {
TEST_CASE("one that goes on, "
          "and has a \\"word\\" in it") {
    SUBCASE("this is none") {}
// TEST_CASE("nor is this")
"""

TESTS = [Test("unit", "recycle.requests is overshot", "unit_slots", "tests/unit/slots/due/overshoot_test.cpp"),
         Test("kernel", "a gate closes", "kernel_listener", "tests/kernel/listener/gate_test.cpp"),
         Test("fuzz", "page", "fuzz_page", "tests/fuzz/corpus/page"),
         Test("story", "workers that retire by count hand over by queue and lose nothing")]


class Catalog(unittest.TestCase):
    def test_programs_are_read_with_their_files_of_tests(self):
        self.assertEqual(list(catalog.programs_in(CMAKE)), [
            ("unit", "unit_slots", ["due_test.cpp"]), ("kernel", "kernel_listener", ["listener/gate_test.cpp"]),
            ("scenario", "scenario", ["scenario_test.cpp"])])

    def test_names_are_read_in_pieces(self):
        self.assertEqual(list(catalog.cases_in(SOURCE)), ["a short name", 'one that goes on, and has a "word" in it'])

    def test_ways_are_read_without_their_proofs(self):
        listed = "verdict            when     way\nkilled             idle     SIGINT from outside [not on v2: slow]\n" \
                 "                            proof: wait status: SIGINT"
        self.assertEqual(list(catalog.ways(listed)), [Test("way", "SIGINT from outside")])

    def test_each_kind_is_found_by_a_part(self):
        for patterns, found in {("overshoot",): 0, ("kernel_listener",): 1, ("Gate closes",): 1, ("fuzz", "page"): 2,
                                ("retire by count",): 3, ("retire_by_count",): 3}.items():
            with self.subTest(patterns=patterns):
                self.assertEqual(matching(TESTS, list(patterns)), [TESTS[found]])
        self.assertEqual(matching(TESTS, ["fuzz", "gate"]), [])
        descriptors = Test("unit", "all descriptors are closed, whatever way they came", "unit_keeper")
        self.assertEqual(matching([descriptors], ["script"]) + matching([descriptors], ["way"]), [])

    def test_what_is_near_is_told(self):
        self.assertEqual(near(TESTS, ["retire by cuont"]), [TESTS[3]])
        self.assertEqual(near(TESTS, ["overshot_tset"])[0], TESTS[0])
        self.assertEqual(near(TESTS, ["zzzzzz"]), [])

    def test_no_case_of_the_tree_is_missed(self):
        """Whatever stands in a source as a case, some program runs."""
        found = {(test.file, test.name) for test in catalog.built_tests(TREE)}
        for source in (TREE / "tests").rglob("*_test.cpp"):
            names = list(catalog.cases_in(source.read_text()))
            self.assertEqual(len(names), source.read_text().count("\nTEST_CASE"), source)
            for name in names:
                self.assertIn((str(source.relative_to(TREE)), name), found)


if __name__ == "__main__":
    unittest.main()
