# SPDX-License-Identifier: Apache-2.0
"""What dowse says that goroutines wait for, against a program that knows what they wait for."""

import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import judge  # noqa: E402
import program  # noqa: E402

DOWSE = os.environ.get("DOWSE", "build/dowse")
RELEASES = ["1.19", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27"]


def goroutines(pid):
    return json.loads(judge.ask_dowse([DOWSE], pid, "json", 60))["goroutines"]


def waiting_in(found, function):
    """The goroutines whose stack has that function, whatever it called."""
    return [one for one in found if any(frame["function"] == function for frame in one["stack"])]


def differences(expected, said, where=""):
    """Members that dowse says otherwise; lists are compared without regard to order."""
    for key, value in expected.items():
        if key == "channels":
            def order(channel):
                return channel["address"]
            pairs = zip(sorted(value, key=order), sorted(said.get(key) or [], key=order))
            if len(value) != len(said.get(key) or []):
                yield f"{where}{key}: {value} expected, {said.get(key)} found"
            for want, have in pairs:
                yield from differences(want, have, where + "channel ")
        elif said.get(key, "absent") != value:
            yield f"{where}{key}: {value!r} expected, {said.get(key, 'absent')!r} found"


class Waits(unittest.TestCase):
    def judge(self, release, variant):
        command = build.build(release, variant, "waits")
        with program.Controlled(command) as target:
            expected = json.loads(target.ask("expect"))
            found = goroutines(target.pid)
            self.assertGreater(len(expected), 15)
            for function, wait in expected.items():
                with self.subTest(function=function, release=release):
                    waiting = waiting_in(found, function)
                    self.assertTrue(waiting, f"nobody waits in {function}")
                    for one in waiting:
                        self.assertIsNotNone(one["waiting_for"], one["state"])
                        problems = list(differences(wait, one["waiting_for"]))
                        self.assertEqual(problems, [])
                    if wait["kind"] == "sleep":
                        left = waiting[0]["waiting_for"]["wakes_in_ms"]
                        # It sleeps two hours, and began seconds ago.
                        self.assertTrue(7_000_000 < left <= 7_200_000, left)


def add(release):
    def test(self):
        self.judge(release, "stripped")
    setattr(Waits, "test_" + release.replace(".", "_"), test)


for one_release in RELEASES:
    add(one_release)

if __name__ == "__main__":
    unittest.main()
