# SPDX-License-Identifier: Apache-2.0
"""The judge of the corpus judged: a right answer passes, and each alteration of it is noticed."""

import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import judging  # noqa: E402
import programs  # noqa: E402


def find(name):
    return next(one for one in programs.all_programs() if one.name == name)


def right_answer(one, told):
    expectation = one.expectations[0]
    place = expectation.places[0]
    return {"findings": [{
        "code": expectation.codes[0], "rule": "", "also": [], "certainty": expectation.certainty,
        "count": programs.number_of(expectation.count.rstrip("+"), told),
        "bytes": programs.number_of(expectation.bytes.rstrip("+"), told),
        "function": f"main.{place.function}.func1", "file": "/somewhere/main.go",
        "line": place.line, "place_is": None, "subject": expectation.holder, "path": [],
        "why": "because", "fix": {"text": "do this", "diff": None}}]}


class JudgeTest(unittest.TestCase):
    told = {"measured": 10_000_000}

    def judge(self, one, answer, **options):
        wrong, other = judging.judge_leaky(one, answer, self.told, **options)
        return wrong + other

    def altered(self, name, **members):
        one = find(name)
        answer = right_answer(one, self.told)
        self.assertEqual(self.judge(one, answer), [], "the right answer")
        altered = copy.deepcopy(answer)
        altered["findings"][0].update(members)
        return self.judge(one, altered)

    def test_alterations(self):
        for members in ({"code": "L2"}, {"certainty": "likely"}, {"count": 499}, {"line": 1},
                        {"bytes": 9_400_000}, {"bytes": 10_600_000}, {"bytes": None}, {"why": None},
                        {"function": "main.visit"}, {"function": None}, {"file": "other.go"},
                        {"fix": {"text": None}}):
            with self.subTest(members=members):
                self.assertTrue(self.altered("L01-receive-without-sender/leaky", **members))

    def test_inlined_literal(self):
        self.assertFalse(self.altered("L01-receive-without-sender/leaky",
                                      function="main.visit.(*cart).watch.func1"))

    def test_beside_another_rule(self):
        """One look may call L8 a suspicion alone; L40, which tells it beside, is what its evidence says."""
        one = find("L08-exit-stays-in-loop/leaky")
        place = one.expectations[0].places[0]
        finding = {"code": "L8", "rule": "", "also": [], "certainty": "suspect", "count": 40,
                   "bytes": 1, "function": f"main.{place.function}", "file": "/somewhere/main.go",
                   "line": place.line, "place_is": None, "subject": None, "path": [],
                   "why": "because", "fix": {"text": "do this", "diff": None}}
        for wrong, altered in ((False, {}), (True, {"certainty": "likely"}),
                               (False, {"code": "L40", "also": ["L8"], "certainty": "likely"}),
                               (True, {"code": "L40", "also": ["L8"], "certainty": "proved"}),
                               (True, {"code": "L40", "certainty": "likely"})):
            with self.subTest(altered=altered):
                self.assertEqual(
                    bool(self.judge(one, {"findings": [{**finding, **altered}]})), wrong)

    def test_more_than_allowed(self):
        name = "L20-subslice-pins-array/leaky"
        self.assertTrue(self.altered(name, certainty="proved"))
        self.assertTrue(self.altered(name, subject="main.others"))
        self.assertFalse(self.altered(name, subject=None, path=["main.headers", "[]"]))

    def test_more_than_one_look_allows(self):
        one = find("L27-map-without-limit/leaky")
        answer = right_answer(one, self.told)
        self.assertEqual(self.judge(one, answer, looks=2), [])
        self.assertTrue(self.judge(one, answer, looks=1))

    def test_less_without_bytes(self):
        one = find("L23-spare-capacity/leaky")
        answer = right_answer(one, self.told)
        answer["findings"][0]["certainty"] = "suspect"
        self.assertTrue(self.judge(one, answer))
        self.assertEqual(self.judge(one, answer, with_bytes=False), [])

    def test_unexpected(self):
        one = find("L01-receive-without-sender/leaky")
        answer = right_answer(one, self.told)
        second = copy.deepcopy(answer["findings"][0])
        answer["findings"].append(second)
        self.assertTrue(self.judge(one, answer), "the same twice")
        second.update(code="L99", certainty="likely")
        self.assertTrue(self.judge(one, answer))
        second.update(certainty="suspect")
        self.assertFalse(self.judge(one, answer))

    def test_silence(self):
        one = find("L01-receive-without-sender/leaky")
        self.assertTrue(self.judge(one, {"findings": []}))
        finding = right_answer(one, self.told)["findings"][0]
        for name in ("L01-receive-without-sender/fixed", "traps/worker-pool"):
            silent = find(name)
            self.assertFalse(judging.judge_silent(silent, {"findings": []}))
            self.assertTrue(judging.judge_silent(silent, {"findings": [finding]}))
        hint = {**finding, "certainty": "suspect"}
        self.assertTrue(judging.judge_silent(find("L01-receive-without-sender/fixed"),
                                             {"findings": [hint]}))
        self.assertFalse(judging.judge_silent(find("traps/worker-pool"), {"findings": [hint]}))

    def test_every_leak_has_a_twin(self):
        names = {one.name for one in programs.all_programs()}
        for one in programs.all_programs():
            if one.kind == "leaky":
                self.assertIn(one.name.replace("/leaky", "/fixed"), names)
            elif one.kind == "fixed":
                self.assertIn(one.name.replace("/fixed", "/leaky"), names)

    def test_every_row_is_there(self):
        rows = {one.row for one in programs.all_programs() if one.kind == "leaky"}
        # What C allocates is not looked at yet.
        self.assertEqual({f"L{row}" for row in range(1, 43)} - rows, {"L35"})


if __name__ == "__main__":
    unittest.main()
