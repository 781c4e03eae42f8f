# SPDX-License-Identifier: Apache-2.0
"""Who holds a lock, as frames tell, against the program that took them and says so itself."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "truth"))

import build  # noqa: E402
import program  # noqa: E402

LOCKS_OF = Path(os.environ["BUILD_DIR"]) / "test" / "leak" / "leak-locks-of"
RELEASES = os.environ.get("LOCKS_RELEASES", "1.19,1.22,1.24,1.26,1.27").split(",")
VARIANTS = os.environ.get("LOCKS_VARIANTS", "plain,stripped,noopt").split(",")

# What is not told, though it could be: of a walk hand over hand, in a loop, which lock is the last.
UNTOLD = {"walks"}


class Told:
    """What the program has printed."""

    def __init__(self):
        self.held, self.free, self.inside = {}, {}, []

    def heed(self, line):
        words = line.split()
        key = (int(words[2]), int(words[3], 16))
        if words[0] == "lock":
            self.held[key] = (words[1], words[4])
        elif words[0] == "once":
            self.inside.append(key)
        else:
            self.free[key] = words[1]

    def has_inside(self, key):
        """A sync.Once is three words at most, one of them its lock."""
        return any(goroutine == key[0] and 0 <= key[1] - address < 12
                   for goroutine, address in self.inside)


def start(release, variant):
    locksmith = program.Program(build.build(release, variant, "locksmith"))
    told = Told()
    while True:
        line = locksmith.read_line()
        if line.startswith("ready"):
            return locksmith, told
        told.heed(line)


def answers(pid):
    """(goroutine, address) → kind, of those that are certain; addresses of the others."""
    text = subprocess.run([LOCKS_OF, str(pid)], check=True, timeout=60, stdout=subprocess.PIPE)
    certain, maybe = {}, set()
    for line in text.stdout.decode().splitlines():
        words = line.split()
        if len(words) != 6:
            continue
        key = (int(words[0]), int(words[1], 16))
        if words[3] == "certain" and key[1]:
            certain[key] = words[2]
        else:
            maybe.add(key)
    return certain, maybe


class Holders(unittest.TestCase):
    def judge(self, release, variant):
        locksmith, told = start(release, variant)
        with locksmith:
            certain, _ = answers(locksmith.pid)
        right = {key for key, kind in certain.items()
                 if key in told.held and told.held[key][1] == kind}
        wrong = {key: kind for key, kind in certain.items()
                 if key not in right and not told.has_inside(key)}
        missing = sorted({style for key, (style, _) in told.held.items() if key not in right})
        print(f"{release} {variant}: {len(right)} of {len(told.held)} holders found, "
              f"{len(wrong)} wrong; not told: {' '.join(missing) or 'none'}", flush=True)
        styles = [told.free.get(key, "a lock that it never had") for key in wrong]
        self.assertFalse(wrong, f"{styles} are said to be held")
        return set(missing)


def add(release, variant):
    def test(self):
        missing = self.judge(release, variant)
        self.assertLessEqual(missing, UNTOLD)
    setattr(Holders, f"test_{release.replace('.', '_')}_{variant}", test)


for one_release in RELEASES:
    for one_variant in VARIANTS:
        add(one_release, one_variant)


if __name__ == "__main__":
    unittest.main()
