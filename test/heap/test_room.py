# SPDX-License-Identifier: Apache-2.0
"""--max-memory is kept by a look at a heap, and what it allows decides how much is told."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
MIB = 1 << 20
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
# What is compared are arrays; pages of two megabytes at their ends, stacks and small things come
# to it, and types are found while the graph grows.
SLACK = 8 * MIB


class Room(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="dowse-room-")
        cls.snapshot = os.path.join(cls.folder.name, "moment")
        command = build.build("1.26", "plain", "shapes") + ["-objects", "1500000"]
        with program.Controlled(command) as subject:
            looking.dowse("snapshot", subject.pid, "-o", cls.snapshot)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ask(self, limit, *words):
        """(status, answer, complaint, bytes resident at most)."""
        limits = ["--max-memory", str(limit)] if limit else []
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [DOWSE, "heap", self.snapshot, "--no-index", "--format", "json", *limits, *words],
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            text = output.read()
            return (process.returncode, json.loads(text) if text else None,
                    errors.read().decode(), usage.ru_maxrss << 10)

    def sweep(self, *words):
        """From what is too little for anything to what is enough; the answers' kinds in turn."""
        status, whole, _, peak = self.ask(0, *words)
        self.assertEqual(status, 0)
        kinds = []
        for share in (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.3):
            limit = int(peak * share)
            status, answer, complaint, used = self.ask(limit, *words)
            if not SANITIZED and status == 0:
                self.assertLess(used, limit + SLACK)
            if status:
                self.assertEqual(status, 1)
                self.assertIn(f"--max-memory allows {limit // MIB}", complaint)
                kinds.append("refused")
            else:
                self.assertEqual(answer["heap"], whole["heap"])
                kinds.append("types" if "types" in answer and answer["types"] and
                             answer["types"][0]["retained"] is None else "all")
                if kinds[-1] == "all":
                    self.assertEqual(answer, whole)
                else:
                    self.assertTrue(any("retained" in text for text in answer["warnings"]))
                    self.assertEqual({row["type"]: row["bytes"] for row in answer["types"]},
                                     {row["type"]: row["bytes"] for row in whole["types"]})
        return kinds

    def test_by_type(self):
        kinds = self.sweep("--limit", "1000000")
        self.assertEqual(kinds, sorted(kinds, key=["refused", "types", "all"].index))
        self.assertEqual(set(kinds), {"refused", "types", "all"})

    def test_by_holder(self):
        kinds = self.sweep("--by", "holder")
        self.assertEqual(kinds, sorted(kinds, key=["refused", "all"].index))
        self.assertEqual(set(kinds), {"refused", "all"})

    def test_by_span(self):
        kinds = self.sweep("--by", "span")
        self.assertEqual(kinds[-1], "all")
        status, _, complaint, _ = self.ask(MIB, "--by", "span")
        self.assertEqual(status, 1)
        self.assertIn("--max-memory allows 1:", complaint)


if __name__ == "__main__":
    unittest.main()
