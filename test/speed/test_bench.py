# SPDX-License-Identifier: Apache-2.0
"""bench/run: its table is there, its figures are sane, and its status says what was missed."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("SOURCE_DIR") or Path(__file__).resolve().parents[2])
BENCH = SOURCE / "bench"
sys.path.insert(0, str(BENCH))

import table  # noqa: E402

TIMEOUT = 400

# What each measurement must have put into the table: (a part of the section, rows at least).
EXPECTED = (
    ("on 20 goroutines", 1), ("on 1,000 goroutines", 4), ("on 5,000 goroutines", 4),
    ("without debug information", 2), ("a fork of", 4), ("beside a stop", 3),
    ("beside a stop and a fork", 3), ("dowse heap, list", 6), ("SNAPSHOT of that list", 3),
    ("dowse heap, goroutines", 6), ("an object, by how many", 2),
    ("dowse exec on 60 tests", 3), ("dowse exec on 300 empty", 3), ("prints 8 MiB", 2),
)

# What is never reached, in the unit of the row: a figure beyond is a mistake in measuring. A
# machine with ten times as much to do as it has processors takes seconds for milliseconds.
LARGEST = {"ms": 120000, "MB": 4000, "MiB": 4000, "M/s": 100000, "%": 1000,
           "ns": 1000000, "bytes": 100000}


class Quick(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            figures = Path(folder) / "figures.json"
            cls.answer = subprocess.run(
                [BENCH / "run", os.environ["BUILD_DIR"], "--quick", "--json", figures],
                timeout=TIMEOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            cls.text = cls.answer.stdout.decode()
            cls.words = cls.answer.stderr.decode()
            cls.rows = json.loads(figures.read_text()) if figures.exists() else []

    def test_the_status_says_whether_something_was_missed(self):
        missed = [row for row in self.rows if row.get("missed") or row.get("failure")]
        self.assertIn(self.answer.returncode, (0, 1), self.words)
        self.assertEqual(bool(missed), self.answer.returncode == 1, self.text)
        self.assertEqual(not missed, "every limit was kept" in self.text)

    def test_every_measurement_is_there(self):
        for part, least in EXPECTED:
            with self.subTest(part):
                rows = [row for row in self.rows if part in row["section"] and "values" in row]
                self.assertGreaterEqual(len(rows), least, self.text + self.words)

    def test_nothing_of_dowse_was_left_out(self):
        absent = [row for row in self.rows if row.get("failure")]
        self.assertEqual([], absent)

    def test_the_figures_are_sane(self):
        for row in self.rows:
            for value in row.get("values", ()):
                with self.subTest(row["section"] + ": " + row["what"]):
                    # A gap in the ticks can be lost in the usual one: 0, and no less.
                    least = 0 if "sees it" in row["what"] or "standing" in row["what"] else 0.001
                    self.assertGreaterEqual(value, least)
                    self.assertLess(value, LARGEST[row["unit"]])
            for value in row.get("cpu_ms", ()):
                self.assertGreater(value, 0)

    def test_the_program_stands_while_its_fork_is_made(self):
        rows = {row["what"]: row["values"] for row in self.rows if "a fork of" in row["section"]}
        printed = rows["stopped for dowse's fork, as dowse says"]
        seen = rows["stopped for dowse's fork, as the program sees it"]
        # Both look at the same moments. The ticker runs once it gets a processor, and a tick that
        # was due in the middle of the stop makes its gap smaller by one interval.
        for ours, theirs in zip(printed, seen):
            self.assertGreater(theirs, ours * 0.5 - 1)

    def test_the_table_shows_each_row(self):
        for row in self.rows:
            self.assertIn(row["what"], self.text)


class Tables(unittest.TestCase):
    def made(self, *rows):
        result = table.Table()
        result.section("a section")
        result.add(*rows)
        return result

    def test_the_median_is_judged(self):
        kept = table.Row("kept", [1, 2, 90], limit=3)
        missed = table.Row("missed", [1, 4, 4], limit=3)
        self.assertEqual([], self.made(kept).failures())
        self.assertEqual(1, len(self.made(kept, missed).failures()))
        self.assertIn("a section: missed: 4.00 ms, limit 3.00", self.made(missed).failures()[0])

    def test_what_was_not_measured_is_no_success(self):
        self.assertEqual(1, len(self.made(table.Absent("x", "it broke")).failures()))
        self.assertEqual([], self.made(table.Absent("Delve", "none", failure=False)).failures())

    def test_a_row_has_all_its_figures(self):
        text = self.made(table.Row("time", [0.5, 10, 2000], limit=9, cpu=[3], beside="b")).text()
        words = text.splitlines()[-1].split()
        self.assertEqual(["time", "10.0", "ms", "0.50", "2,000", "3", "3.00", "ms", "9.00", "ms",
                          "MISSED", "b"], words)


if __name__ == "__main__":
    unittest.main()
