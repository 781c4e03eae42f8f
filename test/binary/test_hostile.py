# SPDX-License-Identifier: Apache-2.0
"""Real programs, damaged: a thousand times each, with seeds that make every run the same. Under
the sanitizers, a byte that is read outside of the file ends the test."""

import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_truth as truth  # noqa: E402

HOSTILE = os.path.join(truth.BUILD, "test", "binary", "binary-hostile")
PROGRAMS = (("1.19.13", "plain"), ("1.26.8", "stripped"), ("1.25.5", "pie"), ("1.27.0", "gcc-pie"))


class Hostile(unittest.TestCase):
    def damaged(self, release, variant, seed):
        path = truth.build(release, variant)
        began = time.monotonic()
        result = subprocess.run([HOSTILE, path, str(seed)], capture_output=True, text=True,
                                timeout=300, check=False)
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        opened, tables = map(int, result.stdout.split())
        # Most damage leaves a program that can be opened: else little would have been tested.
        self.assertGreater(opened, 300)
        self.assertGreater(tables, 100)
        return time.monotonic() - began

    def test_damage_is_survived(self):
        for release, variant in PROGRAMS:
            for seed in (1, 20):
                with self.subTest(release=release, variant=variant, seed=seed):
                    self.damaged(release, variant, seed)


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Hostile)
