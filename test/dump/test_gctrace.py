# SPDX-License-Identifier: Apache-2.0
"""What real programs print of their collections, and lines of every release's form."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402
import wrappings  # noqa: E402

DOWSE = os.environ["DOWSE"]
SECONDS = 6  # for lines of every form; what they come to is tested by shapes

LINES = {
    # As releases print them; what is live is the third of the sizes.
    "1.13": "gc {n} @{at:.3f}s 0%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu, "
            "{b}->{a}->{live} MB, {goal} MB goal, 8 P",
    "1.18": "gc {n} @{at:.3f}s 0%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu, "
            "{b}->{a}->{live} MB, {goal} MB goal, 0 MB stacks, 0 MB globals, 8 P",
    "forced": "gc {n} @{at:.3f}s 12%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu, "
              "{b}->{a}->{live} MB, {goal} MB goal, 0 MB stacks, 0 MB globals, 16 P (forced)",
}


def ask(*words, data=None):
    return subprocess.run([DOWSE, *map(str, words)], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def trace(lives, form="1.18", step=1.0):
    """A log of collections, one a step, after which so many MiB live."""
    return "".join(LINES[form].format(n=i + 1, at=i * step + 0.01, b=live * 2, a=live + 1,
                                      live=live, goal=live * 2 + 1) + "\n"
                   for i, live in enumerate(lives))


def verdict(log, *words):
    answer = ask("gctrace", "-", "--format", "json", *words, data=log.encode())
    if answer.returncode:
        raise AssertionError(answer.stderr)
    return json.loads(answer.stdout)


class Lines(unittest.TestCase):
    def test_every_form(self):
        for form in LINES:
            document = verdict(trace([4, 5, 6, 7], form))
            self.assertEqual([one["live"] >> 20 for one in document["cycles"]], [4, 5, 6, 7])
            self.assertEqual([one["before"] >> 20 for one in document["cycles"]], [8, 10, 12, 14])
            self.assertEqual([one["goal"] >> 20 for one in document["cycles"]], [9, 11, 13, 15])
            one = document["cycles"][1]
            self.assertEqual(one["number"], 2)
            self.assertAlmostEqual(one["at_s"], 1.01)
            self.assertAlmostEqual(one["pause_ms"], 0.158)
            self.assertAlmostEqual(one["mark_ms"], 1.1)
            self.assertEqual(one["forced"], form == "forced")
            self.assertEqual(one["processors"], 16 if form == "forced" else 8)

    def test_in_logs(self):
        log = trace(range(10, 60))
        for name in ("crlf", "syslog", "docker", "cri", "klog", "coloured", "interleaved"):
            document = verdict(wrappings.WRAPPINGS[name](log))
            self.assertGreaterEqual(document["cycle_count"], 50, name)
            if name != "interleaved":  # which has lines of its own
                self.assertEqual(document["cycle_count"], 50, name)

    def test_scheduler(self):
        line = "SCHED %dms: gomaxprocs=4 idleprocs=2 threads=9 spinningthreads=0 idlethreads=3 " \
               "runqueue=%d [0 1 0 2]\n"
        newer = "SCHED %dms: gomaxprocs=4 idleprocs=2 threads=9 spinningthreads=0 " \
                "needspinning=0 idlethreads=3 runqueue=%d [ 0 1 0 2 ] schedticks=[ 4 5 ]\n"
        for form in (line, newer):
            document = verdict("".join(form % (i * 1000, i) for i in range(5)))
            self.assertEqual([one["run_queue"] for one in document["scheduler"]], [3, 4, 5, 6, 7])
            self.assertEqual(document["scheduler"][4]["at_s"], 4)
            self.assertEqual(document["scheduler"][4]["idle_processors"], 2)

    def test_verdicts(self):
        rng = random.Random(3)

        def noisy(level, by):
            return max(1, round(level + rng.uniform(-by, by)))
        cases = {
            "leak": [noisy(20 + i, 3) for i in range(200)],
            "flat": [noisy(100, 8) for _ in range(200)],
            "cache": [noisy(min(20 + i * 4, 200), 5) for i in range(200)],
            "beginning": [noisy(5 + min(i, 10) * 10, 2) for i in range(200)],
            "falls": [noisy(400 - i, 5) for i in range(200)],
            "few": [10, 20, 30, 40],
            "a job": [noisy(20 + i, 2) for i in range(90)],
            "saw": [noisy(50 + i % 40, 3) for i in range(200)],
            "leak that varies": [noisy(100 + 2 * i, 30) for i in range(300)],
        }
        wanted = {"leak": {"leak"}, "leak that varies": {"leak"}, "few": {"unsure"}, "a job": {"unsure"},
                  "flat": {"flat"}, "falls": {"flat"}, "beginning": {"flat"},
                  "cache": {"flat", "unsure"}, "saw": {"flat", "unsure"}}
        for name, lives in cases.items():
            with self.subTest(name):
                self.assertIn(verdict(trace(lives))["verdict"], wanted[name])
        # The text says the same in its first line.
        for name in ("leak", "flat", "few"):
            log = trace(cases[name])
            text = ask("gctrace", "-", data=log.encode()).stdout.decode()
            headline = verdict(log)["headline"]
            self.assertEqual(text.split("\n")[0], "standard input: " + headline)
            self.assertEqual(" an hour (at least " in headline, name == "leak")
        slope = verdict(trace(cases["leak"]))["trend"]
        # One MiB a second.
        self.assertAlmostEqual(slope["bytes_per_hour"] / (3600 << 20), 1, delta=0.1)
        self.assertLessEqual(slope["bytes_per_hour_least"], slope["bytes_per_hour"])
        self.assertGreaterEqual(slope["bytes_per_hour_most"], slope["bytes_per_hour"])

    def test_very_many(self):
        """Of more than are kept every second one is: the verdict is of all of the time."""
        log = trace((10 + i // 1000 for i in range(250_000)), step=0.01)
        document = verdict(log)
        self.assertEqual((document["cycle_count"], document["verdict"]), (125_000, "leak"))
        self.assertEqual([one["number"] for one in document["cycles"][:3]], [1, 3, 5])
        self.assertAlmostEqual(document["trend"]["bytes_per_hour"] / (360 << 20), 1, delta=0.1)

    def test_text(self):
        log = trace(range(10, 200)).encode()
        answer = ask("-", data=log)
        self.assertEqual(answer.returncode, 3)
        text = answer.stdout.decode()
        self.assertIn("goes on growing", text)
        self.assertIn("█", text)
        self.assertLessEqual(max(map(len, text.split("\n"))), 100)
        self.assertEqual(ask("-", "--fail-on", "never", data=log).returncode, 0)
        # A program that starts again is another one.
        again = verdict(trace(range(10, 200)) + trace([7] * 30))
        self.assertEqual((again["verdict"], again["cycle_count"]), ("flat", 30))
        self.assertTrue(again["warnings"])

    def test_hostile(self):
        rng = random.Random(5)
        log = trace(range(5, 30)).encode()
        for _ in range(300):
            data = bytearray(log)
            for _ in range(rng.randrange(1, 20)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            answer = ask("gctrace", "-", "--format", "json", data=bytes(data))
            self.assertIn(answer.returncode, (0, 1))
        for line in (b"gc 1 @9e99s", b"gc 99999999999999999999 @1s 5%: 1+1+1 ms clock,",
                     b"gc 1 @1s 5%: 1+1+1 ms clock, " + b"9" * 100000, b"gc " * 100000 + b"ms clock"):
            self.assertIn(ask("gctrace", "-", data=line + b"\n").returncode, (0, 1))


class Programs(unittest.TestCase):
    def test_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            running = []
            for release in ("1.19", "1.22", "1.27"):
                program = Path(folder) / release
                environment = {**build.go_environment(release), "GOWORK": "off"}
                subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "growth",
                               env=environment, check=True, timeout=300)
                for kind in ("leak", "flat", "cache"):
                    log = open(Path(folder) / f"{release}-{kind}", "w+b")
                    running.append((release, kind, log, subprocess.Popen(
                        [str(program), kind, str(SECONDS)], stderr=log,
                        env={**os.environ, "GODEBUG": "gctrace=1", "GOMAXPROCS": "2"})))
            for release, kind, log, process in running:
                with self.subTest(release=release, kind=kind):
                    self.assertEqual(process.wait(timeout=120), 0)
                    log.seek(0)
                    text = log.read().decode()
                    log.close()
                    document = verdict(text)
                    # Each line as a naive reader has it.
                    told = re.findall(r"^gc (\d+) @([\d.]+)s .* (\d+)->(\d+)->(\d+) MB, (\d+) MB",
                                      text, re.M)
                    found = [(str(one["number"]), one["at_s"], *(
                        str(one[key] >> 20) for key in ("before", "after", "live", "goal")))
                        for one in document["cycles"]]
                    self.assertEqual([(n, float(at), *rest) for n, at, *rest in told], found)
                    # So short a time makes no leak of anything; what makes one the shapes above tell.
                    self.assertNotEqual(document["verdict"], "leak", document["why"])


if __name__ == "__main__":
    unittest.main()
