# SPDX-License-Identifier: Apache-2.0
"""Faces for other programs, held against their schemas: real answers, of every kind of TARGET."""

import json
import re
import shutil
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import unquote, urlsplit

import subjects
from subjects import dowse, dowse_json

import jsonschema

# One of goroutines, of memory, of a cycle of goroutines at several places, of files; and a sound one.
LEAKY = ("L01-receive-without-sender/leaky", "L15-lock-order/leaky", "L20-subslice-pins-array/leaky",
         "L27-map-without-limit/leaky", "L32-file-not-closed/leaky")
SOUND = "L01-receive-without-sender/fixed"


crowd = {}


def setUpModule():
    """All run from the beginning to the end, so that each is started, and grows older, once."""
    for name in (SOUND, *LEAKY):
        crowd[name] = subjects.start(name, SOUND, *LEAKY)
    crowd["shop"] = subjects.Shop(subjects.build_shop())


def tearDownModule():
    for subject in crowd.values():
        subject.stop()


def members_of(schema):
    """The names of all members that a schema speaks of."""
    if isinstance(schema, list):
        for item in schema:
            yield from members_of(item)
    elif isinstance(schema, dict):
        yield from schema.get("properties", ())
        for value in schema.values():
            yield from members_of(value)


class Contract(unittest.TestCase):
    """docs/findings.schema.json."""

    def check(self, document, schema=None):
        validator = jsonschema.Draft202012Validator(subjects.closed(schema or subjects.schema()))
        errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                  for error in validator.iter_errors(document)]
        self.assertEqual(errors, [])

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(subjects.schema())

    def test_it_notices(self):
        """What is missing, what is new, what is of another kind."""
        document = dowse_json(crowd[SOUND].pid)
        self.check(document)
        for change in (lambda d: d.pop("torn"), lambda d: d.update(news=1),
                       lambda d: d["target"].update(news=None), lambda d: d.update(known=None),
                       lambda d: d["memory"]["parts"].pop("stacks"),
                       lambda d: d.update(goroutine_count="3")):
            other = json.loads(json.dumps(document))
            change(other)
            with self.assertRaises(AssertionError):
                self.check(other)

    def test_docs_name_every_member(self):
        text = (subjects.ROOT / "docs" / "json.md").read_text()
        self.assertEqual([name for name in members_of(subjects.schema())
                          if f"`{name}`" not in text], [])

    def test_nothing_to_tell(self):
        document = dowse_json(crowd[SOUND].pid, status=0)
        self.assertEqual(document["findings"], [])
        self.check(document)
        self.check(dowse_json(crowd[SOUND].pid, "--no-stop", status=0))

    def test_real_answers(self):
        seen = set()
        for name, subject in crowd.items():
            with self.subTest(name=name):
                document = dowse_json(subject.pid, "--over", "1s")
                self.check(document)
                self.assertEqual(document["findings"] == [], name == SOUND)
                for finding in document["findings"]:
                    seen |= {key for key, value in finding.items() if value not in (None, [])}
        # What none of them fills would be validated in name alone. Comparisons are below.
        filled = set(subjects.schema()["$defs"]["finding"]["properties"])
        self.assertLessEqual(filled - seen, {"also", "settle", "change", "before", "mended",
                                             "change_why", "test", "package"})

    def test_more_come(self):
        shop = crowd["shop"].pid
        with tempfile.TemporaryDirectory() as folder:
            before = Path(folder) / "before.snap"
            dowse("snapshot", shop, "-o", before)
            time.sleep(6)
            answers = [dowse_json(before), dowse_json(shop, "--against", before)]
        then, now = ({finding["code"]: finding for finding in answer["findings"]}["L2"]
                     for answer in answers)
        came = now["count"] - then["count"]
        seconds = answers[1]["target"]["uptime_s"] - answers[0]["target"]["uptime_s"]
        self.assertGreater(came, 2)
        # The process lives for so many whole seconds when a look begins: one in six may be missing,
        # and its memory stands still a little later.
        self.assertAlmostEqual(now["growth_per_hour"] * seconds / 3600 / came, 1, delta=0.3)

    def test_files_and_moments(self):
        pid, other, third = (crowd[name].pid for name in (LEAKY[0], SOUND, "shop"))
        with tempfile.TemporaryDirectory() as folder:
            snapshot, core = Path(folder) / "a.snap", Path(folder) / "a.core"
            dowse("snapshot", pid, "-o", snapshot)
            dowse("snapshot", pid, "--elf-core", "-o", core)
            for words in ([snapshot], [core], [pid, "--against", snapshot], [snapshot, pid],
                          [core, snapshot], [snapshot, other], [pid, "--rules", "L13"],
                          [pid, "--no-stop"]):
                with self.subTest(words=words):
                    self.check(dowse_json(*words))
            # Of two processes: what is gone, and what has stayed.
            self.check(dowse_json(third, pid))
            document = dowse_json(snapshot, other)
            self.assertNotEqual(document["gone"], [])
            with subjects.start(LEAKY[0], SOUND, *LEAKY) as again:
                document = dowse_json(snapshot, again.pid)
                self.check(document)
                self.assertIn("stayed", [f["change"] for f in document["findings"]])

    def test_a_profile(self):
        with tempfile.TemporaryDirectory() as folder:
            profile = Path(folder) / "heap.pprof"
            dowse("heap", crowd["shop"].pid, "--format", "pprof", "-o", profile)
            document = dowse_json(profile)
        self.check(document)
        self.assertEqual(document["target"]["kind"], "profile")
        self.assertGreater(len(document["profile"]["flat"]), 3)


class Sarif(unittest.TestCase):
    """2.1.0, by its published schema."""

    def check(self, document):
        validator = jsonschema.Draft7Validator(subjects.sarif_schema())
        errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                  for error in validator.iter_errors(document)]
        self.assertEqual(errors, [])
        run, = document["runs"]
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            for location in result["locations"]:
                self.check_uri(location.get("physicalLocation"))

    def check_uri(self, place):
        """What the schema leaves to its reader."""
        if not place:
            return
        uri = place["artifactLocation"]["uri"]
        parts = urlsplit(uri)
        self.assertRegex(uri, r"^[\x21-\x7e]+$")
        base = place["artifactLocation"].get("uriBaseId")
        self.assertEqual(parts.scheme, "" if base or not uri.startswith("file:") else "file")
        if base:
            self.assertFalse(uri.startswith("/"), uri)
        self.assertTrue(unquote(parts.path).endswith(".go"), uri)

    def test_it_notices(self):
        self.check({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "rules": []}},
                                                  "results": []}]})
        with self.assertRaises(AssertionError):
            self.check({"version": "2.1.0", "runs": [{"tool": {"driver": {"rules": []}},
                                                      "results": []}]})

    def test_real_answers(self):
        for name, subject in crowd.items():
            with self.subTest(name=name):
                report = json.loads(dowse(subject.pid, "--over", "1s", "--format", "sarif"))
                self.check(report)
                self.assertEqual(report["runs"][0]["results"] == [], name == SOUND)

    def test_paths_of_a_checkout(self):
        """Called in the folder of the sources, they are relative to it; else they are absolute."""
        source = subjects.ROOT / "examples" / "leaky"
        for folder, wanted in ((source, "cart.go"), ("/usr", f"file://{source}/cart.go")):
            report = json.loads(dowse(crowd["shop"].pid, "--format", "sarif", cwd=folder,
                                      environment={"PWD": str(folder)}))
            self.check(report)
            self.assertIn(wanted, [result["locations"][0]["physicalLocation"]["artifactLocation"]
                                   ["uri"] for result in report["runs"][0]["results"]])


class Fingerprints(unittest.TestCase):
    """They outlive another build, in which everything stands some lines below."""

    def findings(self, program):
        with subjects.Shop(program) as shop:
            sarif = json.loads(dowse(shop.pid, "--format", "sarif"))
            document = dowse_json(shop.pid, status=3)
        told = {(f["code"], f["function"]): (f["fingerprint"], f["line"])
                for f in document["findings"]}
        self.assertEqual(sorted(f["fingerprint"] for f in document["findings"]),
                         sorted(r["partialFingerprints"]["dowse/v1"]
                                for r in sarif["runs"][0]["results"]))
        return told

    def test_lines_that_move(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "leaky"
            shutil.copytree(subjects.ROOT / "examples" / "leaky", source)
            before = self.findings(subjects.build_shop(Path(folder) / "before", source))
            for path in source.glob("*.go"):
                text = path.read_text()
                path.write_text(re.sub(r"^package main$", "package main\n\n// A\n// note.", text,
                                       count=1, flags=re.M))
            after = self.findings(subjects.build_shop(Path(folder) / "after", source, "-trimpath"))
        self.assertGreater(len(before), 4)
        self.assertEqual({key: print_ for key, (print_, _) in before.items()},
                         {key: print_ for key, (print_, _) in after.items()})
        for key, (_, line) in before.items():
            self.assertEqual(after[key][1], line + 3, key)
        # And they tell findings apart.
        self.assertEqual(len({print_ for print_, _ in before.values()}), len(before))


if __name__ == "__main__":
    unittest.main()
