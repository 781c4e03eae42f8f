# SPDX-License-Identifier: Apache-2.0
"""
Objects that nobody closes, stops or takes apart, beside the corpus: what is like them and is none
must not be told of, at any certainty.
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "heap"))

import looking  # noqa: E402
from looking import build, program  # noqa: E402

CODES = {"L11", "L30", "L31", "L32", "L33", "L34", "L36", "L37", "L38", "L40"}
RELEASES = os.environ.get("OBJECTS_RELEASES", "1.20,1.22,1.24,1.26,1.27").split(",")
VARIANTS = os.environ.get("OBJECTS_VARIANTS", "plain,stripped").split(",")


def diagnose(target):
    command = [os.environ["DOWSE"], str(target), "--format", "json"]
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                            check=False)
    if answer.returncode not in (0, 3):
        raise looking.LookError(answer.stderr.decode("utf-8", "replace"))
    return [finding for finding in looking.json.loads(answer.stdout)["findings"]
            if finding["code"] in CODES]


def brief(finding):
    return (finding["code"], finding["certainty"], finding["count"], finding["function"])


class Objects(unittest.TestCase):
    def look(self, release, variant, name):
        with program.Program(build.build(release, variant, name)) as subject, \
                tempfile.TemporaryDirectory() as folder:
            subject.read_line()
            live = diagnose(subject.pid)
            path = os.path.join(folder, "moment.dowse")
            looking.dowse("snapshot", subject.pid, "-o", path)
            return live, diagnose(path)

    def expected(self, release):
        yield "L32", "likely", 120, "main.size"
        yield "L33", "likely", 60, "main.greet"
        # Not the 500 of a function that calls itself.
        yield "L34", "likely", 570, "main.piles"
        # Not those that a variable leads to, nor those that a weak pointer does.
        yield "L36", "proved", 60, "main.rings"
        # From then on the runtime collects what nobody waits for.
        if build.number(release) < build.number("1.23"):
            yield "L31", "likely", 250, "main.waits"

    def judge(self, release, variant):
        for findings in self.look(release, variant, "careful"):
            self.assertEqual([brief(finding) for finding in findings], [])
        for findings in self.look(release, variant, "careless"):
            self.assertEqual(sorted(map(brief, findings)), sorted(self.expected(release)))
            rings = next(finding for finding in findings if finding["code"] == "L36")
            # 30 pairs of two parts with their data, as the allocator rounds them.
            self.assertAlmostEqual(rings["bytes"], 30 * (1024 + 2048 + 2 * 48), delta=30 * 96)


def add(release, variant):
    def test(self):
        self.judge(release, variant)
    setattr(Objects, f"test_{release.replace('.', '_')}_{variant}", test)


for one in RELEASES:
    for way in VARIANTS:
        add(one, way)

if __name__ == "__main__":
    unittest.main()
