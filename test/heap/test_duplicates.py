# SPDX-License-Identifier: Apache-2.0
"""`dowse show --duplicates` on strings and slices of which it is known how many contain the same."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

WAYS = (("1.19", "plain"), ("1.22", "stripped"), ("1.23", "plain"), ("1.24", "plain"),
        ("1.26", "plain"), ("1.26", "stripped"), ("1.27", "pie"))


def duplicates(target, *words):
    return json.loads(looking.dowse("show", target, "--duplicates", "--data", "--format", "json",
                                    *words))


def latin(row):
    """What lies in it, as far as it is shown."""
    return row["data"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Duplicates(unittest.TestCase):
    def judge(self, twins, answer, named):
        rows = answer["duplicates"]
        for twin in twins:
            # Nobody says of global variables without names that they are strings.
            if not named and "main.left" in twin["keepers"]:
                continue
            found = [row for row in rows if latin(row).startswith(twin["begins"])
                     and row["type"] == twin["type"]]
            self.assertEqual(len(found), 1, twin)
            row = found[0]
            self.assertEqual([row[key] for key in ("length", "copies", "bytes")],
                             [twin[key] for key in ("length", "copies", "bytes")], twin)
            self.assertEqual(row["saved"], row["bytes"] // row["copies"] * (row["copies"] - 1))
            keepers = {keeper["name"]: keeper["count"] for keeper in row["keepers"]}
            self.assertEqual(keepers, twin["keepers"])
            self.assertEqual(row["kept"], sum(twin["keepers"].values()))
        for row in rows:
            for what in ("nearly", "nobody", "part of"):
                self.assertFalse(latin(row).startswith(what), row)
        saved = [row["saved"] for row in rows]
        self.assertEqual(saved, sorted(saved, reverse=True))
        self.assertEqual(answer["contents"], len(rows))
        for key in ("copies", "bytes", "saved"):
            self.assertEqual(answer[key], sum(row[key] for row in rows), key)

    def test_known(self):
        for release, variant in WAYS:
            with self.subTest(release=release, variant=variant), tempfile.TemporaryDirectory() as \
                    folder, program.Controlled(build.build(release, variant, "twins")) as subject:
                twins = json.loads(subject.ask("truth"))
                self.judge(twins, duplicates(subject.pid, "--limit", "100000"),
                           variant != "stripped")
                path = os.path.join(folder, "it.dowse")
                looking.dowse("snapshot", subject.pid, "-o", path, "--with-data")
                # A snapshot is without debug information; the second question has an index beside it.
                self.judge(twins, duplicates(path, "--limit", "100000"), False)
                self.judge(twins, duplicates(path, "--limit", "100000"), False)

    def test_without_contents(self):
        with tempfile.TemporaryDirectory() as folder, \
                program.Controlled(build.build("1.26", "plain", "twins")) as subject:
            path = os.path.join(folder, "it.dowse")
            looking.dowse("snapshot", subject.pid, "-o", path)
            answer = duplicates(path)
            self.assertEqual((answer["compared"], answer["duplicates"]), (0, []))
            self.assertGreater(answer["unreadable"], 3000)
            text = looking.dowse("show", path, "--duplicates", "--data").decode()
            self.assertRegex(text.splitlines()[0], "could not be compared: contents are not there")
            self.assertNotIn("saved", text)

    def test_core(self):
        with tempfile.TemporaryDirectory() as folder, \
                program.Controlled(build.build("1.26", "plain", "twins")) as subject:
            path = os.path.join(folder, "it.core")
            looking.dowse("snapshot", subject.pid, "--elf-core", "--with-data", "-o", path)
            twins = json.loads(subject.ask("truth"))
            self.judge(twins, duplicates(path, "--limit", "100000", "--exe",
                                         subject.process.args[0]), True)

    def test_limits(self):
        with program.Controlled(build.build("1.26", "plain", "twins")) as subject:
            everything = duplicates(subject.pid, "--limit", "100000")
            few = duplicates(subject.pid, "-n", "3")
            self.assertEqual(few["duplicates"], everything["duplicates"][:3])
            self.assertEqual(few["saved"], everything["saved"])
            text = looking.dowse("show", subject.pid, "--duplicates", "--data").decode()
            self.assertRegex(text, r'47 KiB +1,000 +42 +string +"what is said of everybody, again '
                                   r'and aga"\.\.\. +main\.User\.status 1,000\n')
            # What strings contain is read with --data alone.
            command = [os.environ.get("DOWSE", "build/dowse"), "show", str(subject.pid),
                       "--duplicates"]
            refused = looking.run(command, 60)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(b"--data", refused.stderr)
            refused = looking.run(command + ["--data", "0xc000000000"], 60)
            self.assertEqual(refused.returncode, 2)


if __name__ == "__main__":
    unittest.main()
