# SPDX-License-Identifier: Apache-2.0
"""
A program that allocates as fast as it can, looked at again and again: each answer is of one moment, the
program finds its own memory as it left it, and nobody is left stopped, traced or with children, also when
dowse is killed amid a look. DOWSE_SOAK=SECONDS goes on for so long, DOWSE_LOOKS=NUMBER until there have
been so many looks of each release, and DOWSE_RELEASES names the releases, with commas.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

sys.path.insert(0, str(looking.HERE.parent / "snapshot"))
from common import state_of  # noqa: E402

DOWSE = os.environ.get("DOWSE", "build/dowse")
SOAK = int(os.environ.get("DOWSE_SOAK") or 0)
LOOKS = int(os.environ.get("DOWSE_LOOKS") or 0)
RELEASES = (os.environ.get("DOWSE_RELEASES") or "1.19,1.24,1.26").split(",")
SECONDS = SOAK or 10
KILLS = 20
# Beside what globals hold, a worker has some in hand; and frames and registers caught outside a
# safepoint are scanned as the collector does, where what was dropped a moment ago may be left.
IN_HAND = 4


def is_zombie(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True


class Torrent(unittest.TestCase):
    def start(self, release):
        # Where looks are counted, little garbage may pile up: they take a third of the time.
        limit = {"GOMEMLIMIT": "64MiB"} if LOOKS else None
        target = program.Controlled(build.build(release, "plain", "torrent"), environment=limit)
        self.addCleanup(target.stop)
        return target

    def look(self, target, *words):
        answer = looking.run([DOWSE, words[0], str(target.pid), *words[1:], "--format", "json"], 60)
        busy = answer.returncode == 1 and b"is the machine overloaded?" in answer.stderr
        if not busy:
            self.assertEqual(answer.returncode, 0, answer.stderr)
        return None if busy else json.loads(answer.stdout)

    def judge(self, answer, facts):
        self.assertEqual([text for _, text in looking.judging.consistent(answer)], [])
        self.assertEqual(answer["warnings"], [])
        counts = {row["type"]: row["count"] for row in answer["types"]}
        held = facts["workers"] * facts["slots"]
        spare = facts["workers"] * IN_HAND
        lefts, rights = counts["main.Left"], counts["main.Right"]
        self.assertTrue(held <= lefts <= held + spare, counts)
        self.assertTrue(lefts <= rights <= lefts + spare, counts)
        # One that is published, one that is being made, one that was published before.
        nodes, one = counts["main.Node"], facts["workers"] * facts["length"]
        self.assertTrue(one <= nodes <= 3 * one, counts)

    def check_program(self, target):
        facts = json.loads(target.ask("state"))
        self.assertEqual(facts["wrong"], 0)
        state, tracer, children = state_of(target.pid)
        self.assertNotIn(state, "Tt")
        self.assertEqual((tracer, [pid for pid in children if not is_zombie(pid)]), (0, []))
        return facts

    def settle(self, target):
        """The kernel ends the fork of a look that was cut short, and lets the threads go, in its own time."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.check_program(target)
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def judge_release(self, release):
        target = self.start(release)
        begin, looks, busy, stall = time.monotonic(), 0, 0, 0
        first = self.check_program(target)
        while looks < LOOKS if LOOKS else time.monotonic() - begin < SECONDS:
            answer = self.look(target, "heap", *looking.ALL)
            if answer:
                self.judge(answer, first)
                looks += 1
            busy += not answer
            facts = self.check_program(target) if answer else self.settle(target)
            stall = max(stall, facts["stall_ms"])
            if looks % 500 == 0:
                print(f"{release}: {looks} looks", file=sys.stderr, flush=True)
        last = self.check_program(target)
        seconds = time.monotonic() - begin
        rate = (last["allocated"] - first["allocated"]) / seconds / 1e9
        print(f"{release}: {looks} looks in {seconds:.0f} s, {busy} refused, {rate:.1f} GB/s allocated, "
              f"{last['checks']:,} checks, longest stall {stall:.0f} ms")
        self.assertGreater(looks, 3)
        self.assertGreater(last["checks"], first["checks"])

    def test_killed(self):
        """At moments all over a look."""
        target = self.start("1.26")
        chance = random.Random(6)
        verbs = [("heap",), ("heap", "--by", "holder"), ("why", "main.Left")]
        cut, begin, tries = 0, time.monotonic(), 0
        took = {}
        for words in verbs:
            started = time.monotonic()
            self.look(target, *words)
            took[words] = time.monotonic() - started
        while tries < KILLS or time.monotonic() - begin < SOAK:
            words = chance.choice(verbs)
            dowse = subprocess.Popen([DOWSE, words[0], str(target.pid), *words[1:]],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, took[words]))
            dowse.send_signal(signal.SIGKILL)
            cut += dowse.wait(timeout=60) == -signal.SIGKILL
            tries += 1
            self.settle(target)
        self.look(target, "heap")
        self.check_program(target)
        self.assertEqual(state_of(target.pid)[2], [])
        print(f"{tries} tries, {cut} of them cut short")
        self.assertGreater(cut, KILLS // 4)


for one in RELEASES:
    setattr(Torrent, f"test_{one.replace('.', '_')}", lambda self, one=one: self.judge_release(one))

if __name__ == "__main__":
    unittest.main()
