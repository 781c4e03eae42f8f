# SPDX-License-Identifier: Apache-2.0
"""
The judge judged: with an answer that is right it agrees, and each alteration of a right answer is
noticed, under its own name. The truth is that of a real program.
"""

import copy
import json
import unittest

import looking
from looking import build, judging, program

LIVE = 100_000_000


def right_types(truth):
    """What dowse would say of the types, if it said all that the program knows."""
    rows, held = [], {}
    for structure in truth["structures"]:
        for claim in structure["types"]:
            if claim["count"]:
                rows.append({"type": claim["type"], "count": claim["count"],
                             "bytes": claim["bytes"],
                             "retained": claim.get("retained") or claim["bytes"]})
        for family in structure["families"]:
            held[family["type"]] = family
    for name, family in held.items():
        pieces = family["bytes"] - 48 * family["count"]
        rows.append({"type": name, "count": family["count"], "bytes": 48 * family["count"],
                     "retained": family["bytes"]})
        if not family["empty"]:
            count = family["count"] if family["small"] else 3
            rows.append({"type": name + " groups", "count": count, "bytes": pieces,
                         "retained": pieces})
        else:
            rows[-1]["bytes"] = family["bytes"]
    total = sum(row["bytes"] for row in rows)
    rows.append({"type": None, "size_class": 64, "pointers": 3, "count": 1,
                 "bytes": LIVE - total, "retained": LIVE - total})
    objects = sum(row["count"] for row in rows)
    return {"heap": {"objects": objects + 7, "bytes": LIVE + 700, "reachable_objects": objects,
                     "reachable_bytes": LIVE, "typed_bytes": total, "garbage_objects": 7,
                     "garbage_bytes": 700}, "types": rows}


def right_holders(truth):
    holders = []
    for structure in truth["structures"]:
        if structure["kind"]:
            holders.append({"kind": structure["kind"], "name": structure["root"],
                            "goroutine": structure.get("goroutine"), "count": 1, "children": [],
                            "bytes": structure["retained"]})
    return {"holders": holders}


def right_path(structure, way):
    steps = [{"field": step["field"], "type": None, "address": step["address"], "bytes": 8}
             for step in way]
    return {"paths": [{"root": {"kind": structure["kind"], "name": structure["root"],
                                "goroutine": None, "frame": None}, "steps": steps}],
            "dominators": []}


class Judged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = build.build("1.26", "plain", "edifice")
        with program.Controlled(command) as subject:
            cls.truth = json.loads(subject.ask("truth"))
            cls.live = int(subject.ask("live"))

    def setUp(self):
        self.types = right_types(self.truth)
        self.holders = right_holders(self.truth)

    def judge_types(self, answer=None):
        answer = answer or self.types
        return [*judging.parity(answer, LIVE), *judging.consistent(answer),
                *judging.judge_types(self.truth, answer)]

    def kinds(self, complaints):
        return {kind for kind, _ in complaints}

    def row(self, name):
        return next(row for row in self.types["types"] if row["type"] == name)

    def structure(self, name):
        return next(one for one in self.truth["structures"] if one["name"] == name)

    def claimed(self):
        for structure in self.truth["structures"]:
            for claim in structure["types"]:
                if claim["count"]:
                    yield claim

    def test_truth(self):
        """It has enough in it, and knows what it holds."""
        self.assertGreater(len(self.truth["structures"]), 55)
        self.assertGreater(len(list(self.claimed())), 90)
        self.assertGreater(sum(len(one["families"]) for one in self.truth["structures"]), 14)
        self.assertGreater(sum(len(one["paths"]) for one in self.truth["structures"]), 12)
        claimed = sum(claim["bytes"] for claim in self.claimed())
        self.assertGreater(claimed, 2_000_000)
        self.assertLess(claimed, self.live)
        linked = next(c for c in self.claimed() if c["type"] == "main.ListNode")
        self.assertEqual((linked["count"], linked["bytes"]), (10000, 10000 * 32))

    def test_agreement(self):
        self.assertEqual(self.judge_types(), [])
        self.assertEqual(list(judging.judge_holders(self.truth, self.holders)), [])
        for structure in self.truth["structures"]:
            for way in structure["paths"]:
                self.assertEqual(
                    list(judging.judge_path(structure, way, right_path(structure, way))), [])

    def test_every_type_is_missed(self):
        for claim in self.claimed():
            answer = copy.deepcopy(self.types)
            answer["types"] = [r for r in answer["types"] if r["type"] != claim["type"]]
            self.assertIn("missing", self.kinds(self.judge_types(answer)), claim)

    def test_every_number_is_looked_at(self):
        for claim in self.claimed():
            for what in ("count", "bytes"):
                for change in (-1, 1):
                    answer = copy.deepcopy(self.types)
                    row = next(r for r in answer["types"] if r["type"] == claim["type"])
                    row[what] += change
                    complaints = judging.judge_types(self.truth, answer)
                    self.assertIn(what, self.kinds(complaints), claim)
            if claim.get("retained"):
                for change in (-300, 300):
                    answer = copy.deepcopy(self.types)
                    row = next(r for r in answer["types"] if r["type"] == claim["type"])
                    row["retained"] += change
                    complaints = judging.judge_types(self.truth, answer)
                    self.assertIn("retained", self.kinds(complaints), claim)

    def test_what_is_gone(self):
        self.types["types"].append({"type": "main.Dead", "count": 1, "bytes": 8, "retained": 8})
        self.assertIn("extra", self.kinds(self.judge_types()))

    def test_a_type_in_two_rows(self):
        row = self.row("main.TreeNode")
        self.types["types"].append({**row, "count": 1})
        self.assertIn("twice", self.kinds(self.judge_types()))

    def test_another_name(self):
        self.row("main.ListNode")["type"] = "main.listNode"
        self.assertIn("missing", self.kinds(self.judge_types()))

    def test_maps(self):
        for structure in self.truth["structures"]:
            for family in structure["families"]:
                self.check_map(family)

    def check_map(self, family):
        def altered(change):
            answer = copy.deepcopy(self.types)
            answer["types"] = [row for row in answer["types"] if change(row) is not False]
            return self.kinds(judging.judge_types(self.truth, answer))

        def lost(row):
            return row["type"] != family["type"]

        def more(row):
            if row["type"] == family["type"]:
                row["count"] += 1

        def heavier(row):
            if row["type"] == family["type"]:
                row["bytes"] += 400

        self.assertIn("count", altered(lost), family)
        self.assertIn("count", altered(more), family)
        self.assertIn("bytes", altered(heavier), family)
        if family["empty"]:
            return
        self.assertIn("bytes", altered(lambda row: row["type"] != family["type"] + " groups"),
                      family)
        if family["small"]:
            def pieces(row):
                if row["type"] == family["type"] + " groups":
                    row["count"] += 1
            self.assertIn("count", altered(pieces), family)

    def test_parity(self):
        for change in (-LIVE // 900, LIVE // 900):
            self.types["heap"]["reachable_bytes"] = LIVE + change
            self.assertEqual(self.kinds(judging.parity(self.types, LIVE)), {"parity"})
        small = {"heap": {"reachable_bytes": 200 << 10}}
        self.assertEqual(list(judging.parity(small, 180 << 10)), [])
        self.assertEqual(self.kinds(judging.parity(small, 160 << 10)), {"parity"})

    def test_sums(self):
        for what in self.types["heap"]:
            answer = copy.deepcopy(self.types)
            answer["heap"][what] += 1
            self.assertIn("sum", self.kinds(judging.consistent(answer)), what)
        for what in ("count", "bytes"):
            answer = copy.deepcopy(self.types)
            answer["types"][3][what] += 1
            self.assertIn("sum", self.kinds(judging.consistent(answer)), what)
        answer = copy.deepcopy(self.types)
        answer["types"][3]["retained"] = answer["types"][3]["bytes"] - 1
        self.assertIn("sum", self.kinds(judging.consistent(answer)))

    def judge_holders(self, change):
        answer = copy.deepcopy(self.holders)
        change(answer["holders"])
        return self.kinds(judging.judge_holders(self.truth, answer))

    def test_holders(self):
        judged = 0
        for index, structure in enumerate(s for s in self.truth["structures"] if s["kind"]):
            if not structure["exact"] and structure["kind"] != "goroutine":
                continue
            judged += 1
            holds = sum(claim["bytes"] for claim in structure["types"])

            def less(holders, index=index):
                holders[index]["bytes"] = 0

            def more(holders, index=index):
                holders[index]["bytes"] += 9000

            def gone(holders, index=index):
                del holders[index]

            def other(holders, index=index):
                holders[index]["name"] = "main.other"
                holders[index]["goroutine"] = 4242

            self.assertIn("retained", self.judge_holders(more), structure["name"])
            if holds or structure["kind"] == "global":
                # What holds less than the tolerance proves nothing here; its type's row does.
                if structure["retained"] > judging.MEASURED:
                    self.assertIn("retained", self.judge_holders(less), structure["name"])
                    self.assertIn("missing", self.judge_holders(gone), structure["name"])
                    self.assertIn("missing", self.judge_holders(other), structure["name"])
        self.assertGreater(judged, 45)

    def judge_path(self, name, change, named=True):
        structure = self.structure(name)
        way = structure["paths"][0]
        answer = right_path(structure, way)
        change(answer["paths"])
        return self.kinds(judging.judge_path(structure, way, answer, named))

    def test_ways(self):
        for name in ("linked", "interfaces", "many pointers", "registry"):
            def root(paths):
                paths[0]["root"]["name"] = "main.other"

            def kind(paths):
                paths[0]["root"]["kind"] = "goroutine"

            def shorter(paths):
                del paths[0]["steps"][-1]

            def elsewhere(paths):
                paths[0]["steps"][0]["address"] = "0x10"

            def field(paths):
                paths[0]["steps"][-1]["field"] = ".other"

            def second(paths):
                paths.append(copy.deepcopy(paths[0]))
                paths[1]["steps"][0]["address"] = "0x20"

            self.assertEqual(self.judge_path(name, root), {"root"})
            self.assertEqual(self.judge_path(name, kind), {"root"})
            self.assertEqual(self.judge_path(name, shorter), {"way"})
            self.assertEqual(self.judge_path(name, elsewhere), {"way"})
            self.assertEqual(self.judge_path(name, field), {"field"})
            self.assertEqual(self.judge_path(name, field, False), set())
            self.assertEqual(self.judge_path(name, second), {"way"})
            self.assertEqual(self.judge_path(name, list.clear), {"missing"})


    def test_spans(self):
        counted = {"heap_in_use": 1 << 20, "classes": [[32, 1000], [64, 2000]]}
        rows = [{"size_class": 32, "pointers": True, "spans": 1, "bytes": 1 << 18, "used": 32000,
                 "reachable": 16000},
                {"size_class": 64, "pointers": True, "spans": 1, "bytes": 1 << 18, "used": 64000,
                 "reachable": 64000},
                {"size_class": 64, "pointers": False, "spans": 1, "bytes": 1 << 19,
                 "used": 64000, "reachable": 64000}]
        answer = {"heap": {"bytes": 160000, "reachable_bytes": 144000}, "spans": rows}
        self.assertEqual(list(judging.judge_spans(counted, answer)), [])
        for row in rows:
            for what in ("bytes", "used", "reachable"):
                changed = copy.deepcopy(answer)
                changed["spans"][rows.index(row)][what] += 4 * 8192 + 1
                self.assertEqual(self.kinds(judging.judge_spans(counted, changed)), {"spans"})
            without = {**answer, "spans": [r for r in rows if r is not row]}
            self.assertEqual(self.kinds(judging.judge_spans(counted, without)), {"spans"})

    def test_packages(self):
        rows = [{"package": "main", "count": 3, "bytes": 100},
                {"package": None, "count": 1, "bytes": 50}]
        answer = {"heap": {"reachable_objects": 4, "reachable_bytes": 150}, "packages": rows}
        self.assertEqual(list(judging.judge_packages(answer)), [])
        for what in ("count", "bytes"):
            changed = copy.deepcopy(answer)
            changed["packages"][0][what] -= 1
            self.assertEqual(self.kinds(judging.judge_packages(changed)), {"packages"})
        rows[1]["package"] = "main"
        self.assertEqual(self.kinds(judging.judge_packages(answer)), {"packages"})

    def test_stripped(self):
        def judged(share=0.01):
            return self.kinds(judging.judge_stripped(self.truth, self.types, share))

        self.assertEqual(judged(), set())
        self.assertEqual(judged(0.9), {"typed"})
        for claim in self.claimed():
            for what in ("count", "bytes"):
                row = self.row(claim["type"])
                row[what] += 1
                self.assertEqual(judged(), {what}, claim)
                row[what] -= 1
        for row in self.types["types"][::2]:
            row["count"] -= 1
        self.types["types"] = self.types["types"][::2]
        self.assertEqual(judged(), set())

    def test_roots(self):
        structure = self.structure("held twice")
        (address, kinds), = structure["roots"].items()
        self.assertEqual(sorted(kinds), ["global", "goroutine"])

        def judged(*told):
            answer = {"paths": [{"root": {"kind": kind}} for kind in told]}
            return self.kinds(judging.judge_roots(structure, address, kinds, answer))

        self.assertEqual(judged("goroutine", "global"), set())
        for told in ((), ("global",), ("goroutine",), ("global", "goroutine", "thread")):
            self.assertEqual(judged(*told), {"root"})


class Looking(unittest.TestCase):
    def test_a_failure_is_told(self):
        verdict = looking.Verdict("one")
        self.assertTrue(verdict.line().startswith("ok"))
        verdict.add([("count", "x")])
        self.assertTrue(verdict.line().startswith("FAIL"))


if __name__ == "__main__":
    unittest.main()
