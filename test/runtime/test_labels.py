# SPDX-License-Identifier: Apache-2.0
"""The profiler labels that dowse finds, against the runtime's own goroutine profile."""

import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import judge  # noqa: E402
import program  # noqa: E402

DOWSE = os.environ.get("DOWSE", "build/dowse")
RELEASES = ["1.19", "1.20", "1.21", "1.22", "1.23", "1.24", "1.26", "1.27"]
SIZES = 13
PAIR = re.compile(r'"((?:[^"\\]|\\.)*)": ?"((?:[^"\\]|\\.)*)"')
BARE = re.compile(r'("(?:[^"\\]|\\.)*"|[^ ":{},]+): ("(?:[^"\\]|\\.)*"|[^ ":{},]+)')


def in_profile(text):
    """One list of pairs for each set of labels; the profile sorts them."""
    return sorted(PAIR.findall(line) for line in text.splitlines()
                  if line.startswith("# labels: "))


def in_dowse(pid):
    found = json.loads(judge.ask_dowse([DOWSE], pid, "json", 60))["goroutines"]
    texts = [one["labels"] for one in found if one["labels"]]
    return sorted([(key.strip('"'), value.strip('"')) for key, value in BARE.findall(text)]
                  for text in texts)


class Labels(unittest.TestCase):
    def judge(self, release):
        with program.Controlled(build.build(release, "plain", "labels")) as target:
            expected = in_profile(target.ask("profile"))
            found = in_dowse(target.pid)
        self.assertEqual(len(expected), SIZES)
        self.assertEqual(max(map(len, expected)), 300)
        self.assertEqual(found, expected)


for number in RELEASES:
    setattr(Labels, "test_" + number.replace(".", "_"), lambda self, of=number: self.judge(of))


if __name__ == "__main__":
    unittest.main()
