# SPDX-License-Identifier: Apache-2.0
"""Types in a stripped program: what tables, constructors and methods say of them, without names."""

import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

RELEASES = ("1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.26", "1.27")


class Nameless(unittest.TestCase):
    def judge(self, release, variant):
        with program.Controlled(build.build(release, variant, "atlas")) as subject:
            truth = json.loads(subject.ask("truth"))
            subject.ask("gc")
            answer = looking.heap(subject.pid, "--by", "type", *looking.ALL)
        rows = {row["type"]: row["count"] for row in answer["types"]}
        self.assertEqual({name: rows.get(name, 0) for name in truth}, truth)

    def test_stripped(self):
        for release in RELEASES:
            with self.subTest(release=release):
                self.judge(release, "stripped")

    def test_pie(self):
        for release in ("1.20", "1.26"):
            with self.subTest(release=release):
                self.judge(release, "pie-stripped")


if __name__ == "__main__":
    unittest.main()
