#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`dowse report`: what many processes have written, told as one; whatever is in the files."""

import copy
import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
PATIENCE = 120

# Of each element of JUnit's: the attributes that it must have and may have, and its children.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "system-out"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}


def finding(test, rule="send-without-receiver", certainty="proved", **more):
    return {"code": "L3", "rule": rule, "certainty": certainty, "test": test, "count": 1,
            "title": "a goroutine sends on a channel that nobody can receive from",
            "function": "example.com/shop.quote.func1", "file": "/src/shop/cart.go", "line": 31,
            "created_by": {"function": "example.com/shop.quote", "file": "/src/shop/cart.go",
                           "line": 30},
            "state": "chan send", "wait_s": 0, "path": [], "why": "Because.",
            "fix": {"text": "Do it.", "diff": None}, "example": 7, **more}


def report(package, findings=(), left=(), **more):
    return {"dowse": 1, "target": {"kind": "process", "exe": f"/tmp/{package}.test",
                                   "go": "go1.26.8", "uptime_s": 2},
            "package": package, "module": "example.com/shop", "findings": list(findings),
            "left": list(left), "suppressed": 0, "known": 0, "news": {"of": "tomorrow"}, **more}


LEFT = {"test": "TestB", "count": 2, "state": "sleep", "function": "example.com/b.f",
        "file": "b.go", "line": 4, "created_by": None, "example": 9}


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, **reports):
        for name, document in reports.items():
            text = document if isinstance(document, str) else json.dumps(document)
            (self.folder / f"{name}.json").write_text(text)

    def dowse(self, *words, status=0):
        answer = subprocess.run([DOWSE, "report", str(self.folder), *map(str, words)],
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        return answer

    def write_three(self):
        self.write(a=report("example.com/shop", [finding("TestA"), finding("TestA", line=35),
                                                 finding(None, certainty="suspect")]),
                   b=report("example.com/b", [], [LEFT]), c=report("example.com/c"))

    def junit(self, *words, status=3):
        root = ElementTree.fromstring(self.dowse("--format", "junit", *words, status=status).stdout)
        for element in root.iter():
            attributes, children = JUNIT[element.tag]
            self.assertEqual(set(element.attrib), attributes)
            self.assertLessEqual({child.tag for child in element}, children)
            if element.tag == "testcase":
                self.assertEqual(len(element), 1)
        for suite in (root, *root):
            cases = list(suite.iter("testcase"))
            self.assertEqual(int(suite.get("tests")), len(cases))
            for plural, tag in (("failures", "failure"), ("errors", "error")):
                self.assertEqual(int(suite.get(plural)), len(list(suite.iter(tag))))
            names = [(case.get("classname"), case.get("name")) for case in cases]
            self.assertEqual(len(set(names)), len(names))
        return root


class Faces(Reports):
    def test_table(self):
        self.write_three()
        rows = self.dowse(status=3).stdout.splitlines()
        self.assertEqual([row.split() for row in rows], [
            "proved L3 send-without-receiver cart.go:31 TestA example.com/shop".split(),
            "proved L3 send-without-receiver cart.go:35 TestA example.com/shop".split(),
            "suspect L3 send-without-receiver cart.go:31 outside of tests example.com/shop".split(),
            "left sleep b.go:4 TestB example.com/b".split(),
            "dowse: 3 leaks, 1 left in 2 of 3 processes; --all shows each in full".split()])
        full = self.dowse("--all", status=3).stdout
        self.assertIn("--- LEAK: TestA (proved, L3 send-without-receiver)", full)
        self.assertIn("go test -run '^TestA$' -exec 'dowse exec' example.com/shop", full)
        self.assertIn("--- LEFT: TestB", full)

    def test_nothing(self):
        self.write(c=report("example.com/c"))
        self.assertEqual(self.dowse().stdout, "dowse: no leaks in 1 process\n")

    def test_the_same_twice(self):
        """With and without the race detector, say."""
        self.write(a=report("example.com/shop", [finding("TestA")]),
                   b=report("example.com/shop", [finding("TestA")]))
        self.assertIn("example.com/shop (2 times)\n", self.dowse(status=3).stdout)

    def test_json(self):
        self.write_three()
        document = json.loads(self.dowse("--format", "json", status=3).stdout)
        self.assertEqual([(one["package"], one["finding_count"], one["left_count"])
                          for one in document["processes"]],
                         [("example.com/shop", 3, 0), ("example.com/b", 0, 1),
                          ("example.com/c", 0, 0)])
        self.assertEqual([one["package"] for one in document["findings"]],
                         ["example.com/shop"] * 3)
        self.assertEqual(document["problems"], [])
        self.assertEqual(document["left"][0]["test"], "TestB")
        schema = json.loads((ROOT / "docs" / "findings.schema.json").read_text())
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)

    def test_sarif_and_github(self):
        self.write_three()
        sarif = json.loads(self.dowse("--format", "sarif", status=3).stdout)
        results = sarif["runs"][0]["results"]
        self.assertEqual([result["properties"].get("test") for result in results],
                         ["TestA", "TestA", None])
        self.assertTrue(results[0]["message"]["text"].startswith("TestA: a goroutine sends"))
        lines = self.dowse("--format", "github", status=3).stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertTrue(lines[0].startswith("::error file=/src/shop/cart.go,line=31,title=L3 "))
        self.assertIn("::example.com/shop TestA: a goroutine sends", lines[0])
        self.assertTrue(lines[3].startswith("::warning file=b.go,line=4,title=left::"))

    def test_junit(self):
        self.write_three()
        root = self.junit()
        self.assertEqual([suite.get("name") for suite in root],
                         ["example.com/shop", "example.com/b", "example.com/c"])
        cases = root[0].findall("testcase")
        self.assertEqual([case.get("name") for case in cases], ["TestA", "outside of tests"])
        self.assertIn("(and 1 more)", cases[0][0].get("message"))
        self.assertEqual(cases[0][0].text.count("--- LEAK: TestA"), 2)
        self.assertEqual(cases[1][0].tag, "system-out")  # a suspicion fails nobody
        self.assertEqual(root[1][0][0].tag, "system-out")
        self.assertEqual(self.junit("--fail-on", "left")[1][0][0].tag, "failure")
        self.assertEqual(self.junit("--fail-on", "never", status=0).get("failures"), "0")
        self.assertEqual(self.junit("--fail-on", "suspect").get("failures"), "2")


class Levels(Reports):
    def test_fail_on(self):
        self.write(a=report("a", [finding("TestA", certainty="likely")], [LEFT]))
        for level, status in (("proved", 0), ("likely", 3), ("suspect", 3), ("left", 3),
                              ("never", 0)):
            self.dowse("--fail-on", level, status=status)
        self.dowse("--min-certainty", "proved", status=0)
        self.dowse("--min-certainty", "proved", "--fail-on", "left", status=3)
        self.dowse("--rules", "L6", status=0)
        self.dowse("--fail-on", "sometimes", status=2)

    def test_suppressed(self):
        self.write_three()
        rules = self.folder / "known.txt"
        rules.write_text("L3 example.com/shop.quote* -- by design\n")
        self.assertIn(", 3 suppressed", self.dowse("--suppress", rules).stdout)

    def test_baseline(self):
        """Its own JSON is one, and so is what a process has written."""
        self.write_three()
        with tempfile.TemporaryDirectory() as other:
            old = Path(other) / "old.json"
            self.dowse("--format", "json", "-o", old, status=3)
            self.write(d=report("example.com/d", [finding("TestD", function="d.f")]))
            text = self.dowse("--baseline", old, status=3).stdout
        self.assertIn("--- LEAK: TestD", text)
        self.assertNotIn("LEAK: TestA", text)
        self.assertIn(", 3 known from the baseline", text)


class Damaged(Reports):
    """It is told in one line, status 1, and so are the others."""

    def check(self, text, why):
        self.write_three()
        self.write(damaged=text)
        answer = self.dowse(status=1)
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        self.assertIn(f"{self.folder}/damaged.json", answer.stderr)
        self.assertIn(why, answer.stderr)
        self.assertIn("TestA", answer.stdout)
        self.assertIn("1 file that says nothing", answer.stdout)
        self.assertIn("3 processes", answer.stdout)
        errors = self.junit(status=1).findall("testsuite/testcase/error")
        self.assertEqual(len(errors), 1)
        with tempfile.TemporaryDirectory() as other:  # what is told is kept
            out = Path(other) / "out.json"
            self.dowse("--format", "json", "-o", out, status=1)
            self.assertEqual(len(json.loads(out.read_text())["problems"]), 1)

    def test_cut(self):
        text = json.dumps(report("x", [finding("TestX")]))
        for size in (0, 1, len(text) // 2, len(text) - 1):
            self.check(text[:size], "ends too early")

    def test_another_document(self):
        for text, why in (("{}", "version"), ('{"dowse":2}', "version"), ("[]", "version"),
                          ('{"dowse":1,"target":{}}', "no findings"), ("{,}", "no string"),
                          ('{"dowse":1,"target":{},"findings":{}}', "no findings"),
                          (json.dumps(report("x", [finding("T", rule="of-tomorrow")])), "rule"),
                          (json.dumps(report("x", [finding("T", certainty="sure")])), "certainty"),
                          (json.dumps(report("x", processes=[])), "dowse report")):
            self.check(text, why)

    def test_hostile_names(self):
        """Nothing of them reaches the terminal, a workflow's commands or the XML."""
        bad = "x\x1b[31m\n::error::<&\"']]>\u202e\x00\x07"
        evil = finding(bad, title=bad, function=bad, file=bad, why=bad, subject=bad,
                       path=[bad, 3, None], fix={"text": bad, "diff": bad}, state=bad)
        self.write(a=report(bad, [evil], [{**LEFT, "test": bad, "state": bad, "file": bad}]))
        for kind in ("text", "github", "junit"):
            out = self.dowse("--format", kind, "--all", status=3).stdout
            self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\u202e]")
        self.junit()
        lines = self.dowse("--format", "github", status=3).stdout.splitlines()
        self.assertEqual(len(lines), 2)

    def test_wrong_kinds(self):
        """What is of another kind than it should be counts as unknown."""
        sound = report("x", [finding("TestX")], [LEFT])
        for change in ({"test": 3}, {"count": "many"}, {"line": -1}, {"line": 1e99}, {"path": 7},
                       {"created_by": []}, {"fix": "so"}, {"bytes": -5}, {"wait_s": 2**62}):
            document = copy.deepcopy(sound)
            document["findings"][0].update(change)
            document["left"] += [{}, 5, None, "x"]
            self.write(a=document)
            self.assertIn("1 leak, 5 left", self.dowse(status=3).stdout)


class Folders(Reports):
    def test_what_is_no_report(self):
        self.write(c=report("example.com/c"))
        (self.folder / "notes.txt").write_text("nothing")
        (self.folder / ".hidden.json").write_text("nothing")
        (self.folder / "folder.json").mkdir()
        os.mkfifo(self.folder / "pipe.json")
        self.assertEqual(self.dowse().stdout, "dowse: no leaks in 1 process\n")

    def test_empty(self):
        self.assertIn("no report is in the folder", self.dowse(status=1).stderr)

    def test_missing(self):
        answer = subprocess.run([DOWSE, "report", str(self.folder / "none")], capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("cannot open the folder", answer.stderr)

    def test_files_and_several(self):
        self.write_three()
        file = self.folder / "c.json"
        answer = subprocess.run([DOWSE, "report", file, self.folder], capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertIn("of 4 processes", answer.stdout)

    def test_many(self):
        for i in range(1500):
            self.write(**{f"p{i}": report(f"example.com/p{i}", [finding("TestA")] if i % 10 == 0
                                          else [])})
        self.assertIn("150 leaks in 150 of 1500 processes", self.dowse(status=3).stdout
                      .replace("1,500", "1500"))


if __name__ == "__main__":
    unittest.main()
