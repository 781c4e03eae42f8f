# SPDX-License-Identifier: Apache-2.0
"""`dowse heap OLD NEW` on a program that does as it is told: what grew, by type and by holder."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

WAYS = (("1.26", "plain"), ("1.22", "stripped"))


def rows(answer, kind="types"):
    return {row.get("type") or row.get("name") or row.get("text"): row
            for row in answer[kind]}


class Growth(unittest.TestCase):
    def compare(self, *words):
        return looking.json.loads(looking.dowse("heap", *words, "--format", "json"))

    def save(self, subject, folder, name):
        path = os.path.join(folder, name)
        looking.dowse("snapshot", subject.pid, "-o", path)
        return path

    def check_sums(self, answer):
        """A row's growth is the difference, and the rows' sum is that of the heap."""
        for row in answer["types"]:
            for what in ("count", "bytes", "retained"):
                self.assertEqual(row["growth"][what], row[what] - row["before"][what])
        for what, total in (("count", "reachable_objects"), ("bytes", "reachable_bytes")):
            self.assertEqual(sum(row["growth"][what] for row in answer["types"]),
                             answer["heap"][total] - answer["before"]["heap"][total])
        growth = [row["growth"]["bytes"] for row in answer["types"]]
        self.assertEqual(growth, sorted(growth, reverse=True))

    def grown(self, release, variant):
        with tempfile.TemporaryDirectory() as folder, \
                program.Controlled(build.build(release, variant, "larder")) as subject:
            subject.ask("grow 1000")
            subject.ask("live")
            old, at = self.save(subject, folder, "old.dowse"), time.monotonic()
            subject.ask("grow 500")
            time.sleep(1)
            answer, between = self.compare(old, subject.pid), time.monotonic() - at
            self.check_sums(answer)
            session = rows(answer)["main.Session"]
            self.assertEqual((session["before"]["count"], session["count"]), (1000, 1500))
            each = session["bytes"] // 1500
            self.assertEqual(session["growth"]["bytes"], 500 * each)
            # "alpha" and "gamma" have 4 KiB, "beta" 2 KiB: of six in a row four and two.
            buffers = sum((4096, 2048, 2048, 4096, 4096, 4096)[i % 6] for i in range(1000, 1500))
            self.assertEqual(session["growth"]["retained"], 500 * each + buffers)
            self.assertLessEqual(answer["between_s"], between + 0.1)
            self.assertGreaterEqual(answer["between_s"], 1)
            self.assertEqual(answer["before"]["target"]["kind"], "snapshot")

            subject.ask("drop 700")
            new = self.save(subject, folder, "new.dowse")
            answer = self.compare(old, new)
            self.check_sums(answer)
            self.assertEqual(rows(answer)["main.Session"]["growth"]["count"], -200)
            # Said the other way round it is the opposite.
            back = self.compare(new, old)
            self.assertEqual(rows(back)["main.Session"]["growth"]["bytes"], 200 * each)
            self.assertIsNone(back["between_s"])
            return self.compare(old, subject.pid, "--by", "holder"), each

    def test_types_and_holders(self):
        for release, variant in WAYS:
            with self.subTest(release=release, variant=variant):
                answer, each = self.grown(release, variant)
                held = answer["holders"]
                if variant == "plain":
                    # The snapshot has no names; what lies at the same place is the same.
                    row = rows(answer, "holders")["main.sessions"]
                else:
                    row = min(held, key=lambda row: row["growth"]["bytes"])
                # Up to 1.23 the map that grew has a few overflow buckets more.
                self.assertAlmostEqual(row["growth"]["count"], -400,
                                       delta=0 if release == "1.26" else 40)
                self.assertGreaterEqual(row["before"]["bytes"], 1000 * each)
                # Names that one of the two lacks would tell of the same bytes as new and gone. (What
                # several roots lead to is the runtime's here, and is said in other words.)
                others = [(other["text"], other["growth"]) for other in held
                          if other is not row and other["kind"] == "global"]
                self.assertLess(sum(abs(growth["bytes"]) for _, growth in others), 16 << 10,
                                [other for other in others if other[1]["bytes"]])

    def test_two_processes(self):
        command = build.build("1.26", "plain", "larder")
        with program.Controlled(command) as one, program.Controlled(command) as two:
            two.ask("grow 200")
            answer = self.compare(one.pid, two.pid)
            self.check_sums(answer)
            self.assertEqual(rows(answer)["main.Session"]["growth"]["count"], 200)
            self.assertIsNone(answer["between_s"])
            text = looking.dowse("heap", one.pid, two.pid, "--limit", "3").decode()
            self.assertIn("compared with larder", text)
            self.assertRegex(text, r"\+200 .* main\.Session\n")
            self.assertEqual(len(text.split("\n\n")[1].splitlines()), 4)

    def test_second_by_name(self):
        command = build.build("1.26", "plain", "larder")
        with tempfile.TemporaryDirectory() as folder:
            other = os.path.join(folder, "pantry")
            shutil.copy(command[0], other)
            with program.Controlled(command) as one, program.Controlled([other]) as two:
                two.ask("grow 3")
                # Under the sanitizers nothing is confined, and nobody refused.
                if os.environ.get("DOWSE_SANITIZED") != "1":
                    answer = subprocess.run([os.environ["DOWSE"], "heap", str(one.pid), "pantry",
                                             "--require-sandbox"], capture_output=True,
                                            timeout=30, check=False)
                    self.assertEqual(answer.returncode, 2)
                    self.assertIn(b"the second is named by its number", answer.stderr)
                answer = self.compare("pantry", one.pid)
                self.assertEqual(rows(answer)["main.Session"]["growth"]["count"], -3)

    def test_wrong_use(self):
        for words in (("1", "2", "--by", "span"), ("1", "2", "--save", "x"), ("1", "2", "3")):
            answer = subprocess.run([os.environ["DOWSE"], "heap", *words], capture_output=True,
                                    timeout=20, check=False)
            self.assertEqual(answer.returncode, 2, answer.stderr)


if __name__ == "__main__":
    unittest.main()
