# SPDX-License-Identifier: Apache-2.0
"""`dowse heap --by fill` on slices, maps and channels whose lengths are known."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

WAYS = (("1.19", "stripped"), ("1.22", "plain"), ("1.24", "stripped"), ("1.26", "plain"),
        ("1.27", "pie-stripped"))

# What test/programs/larder fills: name → number, bytes that slots of the allocator have, bytes used.
SLICES = {
    "main.Shelf.items": (50, 50 * 8192, 50 * 100 * 8),
    "main.Shelf.notes": (50, 50 * 512, 50 * 8),
    "main.Session.buf": (600, (4096 + 2048 + 2048 + 3 * 4096) * 100, (4096 * 4 + 2 * 2048) * 100),
}
LEDGER, WORDS, SESSIONS, QUEUE = 1000, 300, 600, 10


class Fill(unittest.TestCase):
    def judge(self, answer, named):
        rows = {row["name"]: row for row in answer["fill"]}
        for name, (count, held, used) in SLICES.items():
            row = rows[name]
            self.assertEqual((row["kind"], row["count"], row["bytes"], row["used"]),
                             ("slice", count, held, used), name)
        if named:
            self.assertEqual((rows["main.tail"]["bytes"], rows["main.tail"]["used"]), (20480, 12))
        whole = answer["target"]["kind"] == "process"
        # A snapshot is without what has no pointers, and says so.
        self.assertEqual(answer["unreadable"], 0 if whole else 1)
        if whole:
            queue = rows["chan main.Job"]
            self.assertEqual((queue["kind"], queue["count"], queue["bytes"], queue["used"]),
                             ("channel", 1, 1000 * 32, QUEUE * 32))
        for name, entries, entry in (("map[int]uint64", LEDGER, 16), ("map[string]string", WORDS, 32),
                                     ("map[int]*main.Session", SESSIONS, 16)):
            row = rows[name]
            self.assertEqual((row["kind"], row["count"]), ("map", 1))
            # Eight entries have 8 bytes more, and before Swiss maps a pointer.
            self.assertIn(row["used"] // entries, (entry + 1, entry + 2), name)
            self.assertEqual(row["used"] % entries, 0)
        # 20,000 entries were there once: maps do not shrink.
        self.assertGreaterEqual(rows["map[int]uint64"]["bytes"], 20000 * 17)
        for row in answer["fill"]:
            self.assertEqual(row["unused"], row["bytes"] - row["used"])
        unused = [row["unused"] for row in answer["fill"]]
        self.assertEqual(unused, sorted(unused, reverse=True))

    def test_known(self):
        for release, variant in WAYS:
            with self.subTest(release=release, variant=variant), tempfile.TemporaryDirectory() as \
                    folder, program.Controlled(build.build(release, variant, "larder")) as subject:
                subject.ask("grow 600")
                self.judge(looking.heap(subject.pid, "--by", "fill"), variant == "plain")
                path = os.path.join(folder, "it.dowse")
                looking.dowse("snapshot", subject.pid, "-o", path)
                self.judge(looking.heap(path, "--by", "fill"), False)

    def test_text(self):
        with program.Controlled(build.build("1.26", "plain", "larder")) as subject:
            text = looking.dowse("heap", subject.pid, "--by", "fill").decode()
            self.assertRegex(text, r"361 KiB +400 KiB +10 % +50 +main\.Shelf\.items  \[\]uint64\n")


if __name__ == "__main__":
    unittest.main()
