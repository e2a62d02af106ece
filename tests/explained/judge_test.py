# SPDX-License-Identifier: MIT
"""Each wrong answer is found: a cause too often or not often enough, a wrong worker, a line that could not be read."""

import unittest

import judge
from judge import truth

LINES = ["upstream prematurely closed, 127.0.0.1:7000, GET /a", "refused, 127.0.0.1:7001, GET /b", "refused, 127.0.0.1:7001, GET /c"]
TRUTHS = [truth("crashed", "7000.1", "closed"), truth("gate", "7001")]


def said(unparsed=(), **causes) -> dict:
    """crashed=(1, "7000.1"): so many lines, said of that."""
    return {"unparsed": list(unparsed), "causes": [
        {"cause": name.replace("_", "-"), "lines": lines, "places": [{"where": where, "what": "", "lines": lines}]}
        for name, (lines, where) in causes.items()]}


def faults(log: dict, truths=TRUTHS, lines=LINES) -> list[str]:
    return judge.faults_of(list(lines), list(truths), log)


class Judge(unittest.TestCase):
    def test_the_right_answer_is_right(self):
        self.assertEqual(faults(said(crashed=(1, "7000.1"), gate=(2, "7001"))), [])

    def test_a_line_without_a_cause_is_a_fault(self):
        self.assertEqual(faults(said(crashed=(1, "7000.1"), gate=(1, "7001"))), ["2 lines were gate, and 1 are called so"])
        self.assertEqual(faults(said(gate=(2, "7001"))), ["1 lines were crashed, and 0 are called so"])

    def test_a_line_with_another_cause_is_a_fault(self):
        found = faults(said(crashed=(2, "7000.1"), gate=(1, "7001")))
        self.assertEqual(found, ["1 lines were crashed, and 2 are called so", "2 lines were gate, and 1 are called so"])
        self.assertIn("1 lines are called unexplained", faults(said(crashed=(1, "7000.1"), gate=(2, "7001"), unexplained=(1, ""))))

    def test_another_worker_or_none_is_a_fault(self):
        self.assertIn("crashed is said of 7000.2", faults(said(crashed=(1, "7000.2"), gate=(2, "7001")))[0])
        self.assertIn("gate is said of nobody", faults(said(crashed=(1, "7000.1"), gate=(2, "")))[0])

    def test_who_is_not_named_by_any_line_need_not_be_named(self):
        lines = ["(70007)The timeout specified has expired: Error dispatching request to :8080"]
        self.assertEqual(faults(said(slow=(1, "")), [truth("slow", ["7000", "7001"])], lines), [])
        self.assertNotEqual(faults(said(slow=(1, "")), [truth("slow", ["7000", "7001"])], lines + ["of 127.0.0.1:7000"]), [])

    def test_a_line_may_have_one_of_several_causes_and_no_third(self):
        either = [truth("crashed", "7000.1", "closed"), truth("gate crashed", ["7001", "7000.1"])]
        self.assertEqual(faults(said(crashed=(2, "7000.1"), gate=(1, "7001")), either), [])
        self.assertEqual(faults(said(crashed=(3, "7000.1")), either), [])
        self.assertEqual(faults(said(crashed=(1, "7000.1"), gate=(1, "7001")), either), ["3 lines had one of these causes, and 2 are said to"])
        self.assertEqual(faults(said(gate=(3, "7001")), either), ["1 to 3 lines were crashed, and 0 are called so",
                                                                 "0 to 2 lines were gate, and 3 are called so"])

    def test_a_line_of_the_balancer_itself_may_be_left_out_and_blames_nobody(self):
        own = [truth("balancer other-upstream")]
        self.assertEqual(faults(said(), own), [])
        self.assertEqual(faults(said(other_upstream=(3, "x")), own), [])
        self.assertEqual(faults(said(client=(1, "")), own), ["1 lines are called client"])

    def test_nobody_is_blamed_where_nothing_happened(self):
        self.assertEqual(faults(said(), [], []), [])
        self.assertEqual(faults(said(crashed=(1, "7000.1")), [], []), ["1 lines are called crashed"])

    def test_a_line_that_nobody_foresaw_is_a_fault(self):
        self.assertIn("does not know what stood behind: refused", faults(said(crashed=(1, "7000.1")), TRUTHS[:1])[0])

    def test_a_line_that_could_not_be_read_is_a_fault(self):
        self.assertEqual(len(faults(said(["x"], crashed=(1, "7000.1"), gate=(2, "7001")))), 1)


if __name__ == "__main__":
    unittest.main()
