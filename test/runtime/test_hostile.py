# SPDX-License-Identifier: Apache-2.0
"""The recorded memory of real programs, with words changed in what dowse reads: ten thousand times
in all, with seeds that make every run the same, and in the ways that somebody would choose."""

import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import program  # noqa: E402

HOSTILE = os.path.join(os.environ.get("BUILD_DIR", "build"), "test", "runtime", "runtime-hostile")
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
RELEASES = ["1.19", "1.23", "1.25", "1.27"]
FLIPS = 2500
KIB = 1024


class Hostile(unittest.TestCase):
    def hostile(self, pid, *arguments):
        """(looks with goroutines, with errors, goroutines, longest ms, KiB recorded, KiB used)"""
        result = subprocess.run([HOSTILE, str(pid), *arguments], capture_output=True, text=True,
                                timeout=900, check=False)
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        return list(map(int, result.stdout.split()))

    def used(self, recorded, used, factor):
        """At most 64 MiB besides what the target has, and in proportion to that."""
        if not SANITIZED:  # whose shadow is memory, too
            self.assertLess(used, recorded * (1 + factor) + 64 * KIB)

    def judge(self, release):
        with program.Controlled(build.build(release, "plain", "zoo")) as target:
            looked, refused, _, _, recorded, used = self.hostile(target.pid, "claim")
            self.assertEqual((looked, refused), (1, 1))  # the first look was at what is there
            self.used(recorded, used, 0)
            looked, _, goroutines, _, recorded, used = self.hostile(target.pid, "repeat")
            self.assertEqual((looked, goroutines), (2, 1))
            self.used(recorded, used, 0)
            looked, _, goroutines, _, recorded, used = self.hostile(target.pid, "cycle")
            self.assertEqual(looked, 2)
            self.assertGreater(goroutines, 300)
            self.used(recorded, used, 0)

            looked, refused, _, longest, recorded, used = self.hostile(
                target.pid, "flips", str(RELEASES.index(release) + 1), str(FLIPS))
            # The changes are small: mostly there is something to be seen, or little was tested.
            self.assertGreater(looked, FLIPS * 0.9)
            self.assertEqual(looked + refused, FLIPS + 1)
            self.assertLess(longest, 10000)
            self.used(recorded, used, 16)


def add(release):
    setattr(Hostile, "test_" + release.replace(".", "_"), lambda self: self.judge(release))


for one_release in RELEASES:
    add(one_release)

if __name__ == "__main__":
    unittest.main()
