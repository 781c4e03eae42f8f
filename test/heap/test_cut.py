# SPDX-License-Identifier: Apache-2.0
"""
The dominators of real heaps, cut small enough for the naive algorithm: pieces around 25 objects of
each of eight programs.
"""

import os
import subprocess
import unittest
from pathlib import Path

import looking  # noqa: F401  (finds the modules of test/truth)
import build
import program

CUT = Path(os.environ["BUILD_DIR"]) / "test/heap/heap-cut-graphs"
PIECES = 25
PROGRAMS = (
    ("1.19", "edifice", []), ("1.23", "edifice", []), ("1.27", "edifice", []),
    ("1.22", "ballast", ["-mib", "20", "-goroutines", "50"]),
    ("1.26", "ballast", ["-mib", "20", "-goroutines", "50"]),
    ("1.26", "zoo", []), ("1.24", "crowd", ["-n", "300"]), ("1.26", "httpserver", []),
)


class Cut(unittest.TestCase):
    def judge(self, release, package, arguments):
        command = build.build(release, "stripped", package) + arguments
        with program.Controlled(command) as subject:
            answer = subprocess.run([CUT, str(subject.pid), str(PIECES)], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, text=True, timeout=100, check=False)
        self.assertEqual(answer.returncode, 0, answer.stdout)
        count, rest = answer.stdout.split(" pieces, of ")
        self.assertEqual(int(count), PIECES)
        # Pieces of single objects would show nothing.
        self.assertGreater(float(rest.split()[0]), 6)


for one in PROGRAMS:
    name = f"test_{one[1]}_{one[0].replace('.', '_')}"
    setattr(Cut, name, lambda self, one=one: self.judge(*one))


if __name__ == "__main__":
    unittest.main()
