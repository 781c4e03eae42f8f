# SPDX-License-Identifier: Apache-2.0
"""
Two TARGETs. Of two processes, before and after a fix: a leaky program of the corpus, and its fixed
twin or itself again. Of two moments of one: `--against` a snapshot that was made earlier.
"""

import json
import tempfile
import time
import unittest
from pathlib import Path

import subjects
from subjects import dowse, dowse_json

import judging

# Goroutines, locks, arrays, files: seven rules, whose twins do the same work without the leak.
PAIRS = ("L01-receive-without-sender", "L03-send-without-receiver", "L06-nil-channel",
         "L13-double-lock", "L15-lock-order", "L39-waitgroup-never-done", "L32-file-not-closed")
# What is seen by growth.
GROWING = ("L17-unbounded-goroutines", "L26-growing-global", "L27-map-without-limit",
           "L29-growing-sync-map")
NAMES = [f"{row}/{kind}" for row in PAIRS + GROWING for kind in ("leaky", "fixed")]

running = {}
room = tempfile.TemporaryDirectory(prefix="dowse-compared-")


def start(name, key=None):
    running[key or name] = subjects.start(name, *NAMES)
    return running[key or name]


def snapshot_of(name):
    return Path(room.name) / (name.replace("/", "-") + ".snap")


def setUpModule():
    """
    First what leaks, kept a moment after its start; then twins, which so become older than that was.
    What grows is kept when it is of the age at which it may be judged.
    """
    for row in PAIRS:
        leaky = start(f"{row}/leaky")
        dowse("snapshot", leaky.pid, "-o", snapshot_of(f"{row}/leaky"))
    for row in PAIRS:
        start(f"{row}/fixed")
    for row in GROWING:
        start(f"{row}/leaky")
        start(f"{row}/fixed")
    for row in GROWING:
        for name in (f"{row}/leaky", f"{row}/fixed"):
            running[name].age()
            dowse("snapshot", running[name].pid, "-o", snapshot_of(name))
    time.sleep(4)


def tearDownModule():
    for subject in running.values():
        subject.stop()
    room.cleanup()


def codes(findings):
    return {finding["code"] for finding in findings}


def code_of(row):
    return "L" + str(int(row.split("-")[0][1:]))


class Processes(unittest.TestCase):
    def test_fixed(self):
        mended = 0
        for row in PAIRS:
            with self.subTest(row=row):
                before, twin = snapshot_of(f"{row}/leaky"), running[f"{row}/fixed"]
                document = dowse_json(before, twin.pid, status=0)
                alone = dowse_json(before)
                self.assertEqual(document["findings"], [])
                self.assertEqual(document["before"]["target"], alone["target"])
                # All that it had, as it tells it by itself.
                self.assertEqual({f["fingerprint"]: (f["count"], f["title"])
                                  for f in document["gone"]},
                                 {f["fingerprint"]: (f["count"], f["title"])
                                  for f in alone["findings"]})
                self.assertIn(code_of(row), codes(document["gone"]))
                for finding in document["gone"]:
                    self.assertEqual(finding["change"], "gone")
                    self.assertEqual(finding["mended"], finding["change_why"].startswith("mended"))
                    mended += finding["code"] == code_of(row) and finding["mended"]
                # Wherever its lines are broken.
                text = " ".join(dowse(before, twin.pid).split("\n\n")[0].split())
                self.assertRegex(text, rf" against .* {len(document['gone'])} gone "
                                       r"\(\d+ shown to be mended\), 0 stayed, 0 new\.$")
        self.assertGreaterEqual(mended, 6)

    def test_leaky_again(self):
        for row in PAIRS:
            with self.subTest(row=row):
                first = running[f"{row}/leaky"]
                with subjects.start(f"{row}/leaky", *NAMES) as again:
                    document = dowse_json(first.pid, again.pid, status=3)
                    self.assertIn(code_of(row), codes(document["findings"]))
                    for finding in document["findings"]:
                        if finding["code"] == code_of(row):
                            self.assertEqual(finding["change"], "stayed")
                            self.assertEqual(finding["before"]["count"], finding["count"])
                    # It is the same build, and so nothing was mended.
                    self.assertFalse(any(f["mended"] for f in document["gone"]))
                    self.assertEqual(document["warnings"], [])

    def test_a_leak_that_is_new(self):
        row = PAIRS[0]
        twin, leaky = running[f"{row}/fixed"], running[f"{row}/leaky"]
        document = dowse_json(twin.pid, leaky.pid, status=3)
        self.assertEqual({f["change"] for f in document["findings"]}, {"new"})
        self.assertEqual(document["gone"], [])
        self.assertIn("was   not there: it is new.", dowse(twin.pid, leaky.pid))
        dowse(twin.pid, leaky.pid, "--fail-on", "never", status=0)
        sarif = json.loads(dowse(twin.pid, leaky.pid, "--format", "sarif"))
        self.assertEqual({r["baselineState"] for r in sarif["runs"][0]["results"]}, {"new"})

    def test_a_fix_that_has_not_been_tried(self):
        """The old process has run for long, and the new one has just begun."""
        row = "L13-double-lock"
        with subjects.start(f"{row}/fixed", *NAMES) as fresh:
            document = dowse_json(running[f"{row}/leaky"].pid, fresh.pid, status=0)
        finding, = [f for f in document["gone"] if f["code"] == code_of(row)]
        self.assertIs(finding["mended"], False)
        self.assertIn("nothing shows that the same work was done", finding["change_why"])

    def test_what_could_not_be_seen(self):
        row = PAIRS[0]
        document = dowse_json(snapshot_of(f"{row}/leaky"), running[f"{row}/fixed"].pid, "--no-stop")
        self.assertFalse(any(f["mended"] for f in document["gone"]))

    def test_a_comparison_is_no_baseline_for_what_is_gone(self):
        row = PAIRS[0]
        report = Path(room.name) / "report.json"
        before = snapshot_of(f"{row}/leaky")
        report.write_text(dowse(before, running[f"{row}/fixed"].pid, "--format", "json"))
        self.assertEqual(dowse_json(before, "--baseline", report, status=3)["known"], 0)


class Moments(unittest.TestCase):
    def test_against_a_snapshot(self):
        for row in GROWING:
            for kind in ("leaky", "fixed"):
                name = f"{row}/{kind}"
                with self.subTest(name=name):
                    subject = running[name]
                    document = dowse_json(subject.pid, "--against", snapshot_of(name))
                    self.assertIsNone(document["before"])
                    self.assertIsNone(document["gone"])
                    if kind == "fixed":
                        self.assertEqual(judging.judge_silent(subject.one, document), [])
                        continue
                    wrong, other = judging.judge_leaky(subject.one, document, subject.told, 2, True)
                    self.assertEqual(wrong + other, [])
                    for finding in document["findings"]:
                        if finding["code"] == code_of(row):
                            self.assertGreater(finding["growth_per_hour"], 0)


if __name__ == "__main__":
    unittest.main()
