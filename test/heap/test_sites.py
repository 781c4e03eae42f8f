# SPDX-License-Identifier: Apache-2.0
"""`dowse heap --by site` against the program's own heap profile."""

import json
import math
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

WAYS = (("1.19", "stripped"), ("1.21", "pie-stripped"), ("1.23", "plain"), ("1.24", "stripped"),
        ("1.26", "plain"), ("1.27", "stripped"))


def scale(size, rate):
    return 1 / (1 - math.exp(-size / rate)) if rate > 1 else 1


def expected(profile):
    """Count, bytes and samples by stack, as pprof scales them: without the runtime at the head."""
    sums = {}
    for record in profile["Records"]:
        stack = record["Stack"]
        while stack and stack[0].startswith("runtime."):
            stack = stack[1:]
        size = record["Bytes"] // record["Objects"]
        sum_ = sums.setdefault(tuple(stack), [0, 0, 0])
        sum_[0] += record["Objects"] * scale(size, profile["Rate"])
        sum_[1] += record["Bytes"] * scale(size, profile["Rate"])
        sum_[2] += record["Objects"]
    return sums


def stack_of(site):
    return tuple(f"{frame['function']}:{frame['line']}" for frame in site["stack"])


def by_site(target):
    return looking.heap(target, "--by", "site")


class Sites(unittest.TestCase):
    def judge(self, profile, answer):
        self.assertEqual(answer["sample_rate"], profile["Rate"])
        sums = expected(profile)
        told = {stack_of(site): site for site in answer["sites"]}
        self.assertEqual(len(told), len(answer["sites"]))
        # The answer to `profile` allocates itself.
        ours = {stack: sum_ for stack, sum_ in sums.items()
                if any("main.grow" in frame or "main.fill" in frame for frame in stack)}
        self.assertGreaterEqual(len(ours), 2)
        for stack, (count, size, samples) in ours.items():
            self.assertIn(stack, told)
            site = told[stack]
            for key, value in (("profile_count", count), ("profile_bytes", size)):
                self.assertAlmostEqual(site[key], value, delta=1, msg=(key, stack))
            if "main.newSession" in stack[0] or "main.fillSession" in stack[0]:
                # All of them are alive, so both ways of counting agree.
                self.assertEqual(site["samples"], samples)
                self.assertAlmostEqual(site["bytes"], size, delta=1)

    def place(self, answer, function):
        return [site for site in answer["sites"] if site["function"] == function]

    def test_against_the_profile(self):
        for release, variant in WAYS:
            with self.subTest(release=release, variant=variant), tempfile.TemporaryDirectory() as \
                    folder, program.Controlled(build.build(release, variant, "larder")
                                               + ["-rate", "2000"]) as subject:
                subject.ask("grow 3000")
                profile = json.loads(subject.ask("profile"))
                answer = by_site(subject.pid)
                self.judge(profile, answer)
                [site] = self.place(answer, "main.newSession")
                self.assertEqual([part["type"] for part in site["types"]], ["main.Session"])
                self.assertTrue(site["file"].endswith("larder/main.go"))
                path = os.path.join(folder, "it.dowse")
                looking.dowse("snapshot", subject.pid, "-o", path)
                self.judge(profile, by_site(path))

    def test_every_allocation(self):
        command = build.build("1.26", "plain", "larder") + ["-rate", "1"]
        with program.Controlled(command) as subject:
            subject.ask("grow 1000")
            subject.ask("live")
            answer = by_site(subject.pid)
            [site] = self.place(answer, "main.newSession")
            types = {row["type"]: row for row in looking.heap(subject.pid)["types"]}
            self.assertEqual((site["count"], site["samples"]), (1000, 1000))
            self.assertEqual(site["bytes"], types["main.Session"]["bytes"])
            text = looking.dowse("heap", subject.pid, "--by", "site").decode()
            self.assertIn("of every allocation:\n", text)
            self.assertRegex(text, r" 62 KiB +1,000 +1,000  main\.newSession  \S+/main\.go:\d+\n")
            # Twenty thousand entries were put into one map by one line, at several depths.
            self.assertRegex(text, r"main\.fill  .*\n +map\[int\]uint64 groups; by \d+ stacks\n")
            # What is dropped is not there any more, though the profile still has it.
            subject.ask("drop 400")
            [site] = self.place(by_site(subject.pid), "main.newSession")
            self.assertEqual(site["count"], 600)

    def test_no_profiler(self):
        for variant in ("plain", "stripped"):
            command = build.build("1.26", variant, "shapes") + ["-shape", "list", "-objects", "5000"]
            with self.subTest(variant=variant), program.Controlled(command) as subject:
                answer = by_site(subject.pid)
                self.assertEqual((answer["sample_rate"], answer["sites"]), (0, []))
                rows = {row["type"]: row for row in answer["may_be_allocated_at"]}
                places = rows["main.node"]["places"]
                self.assertTrue(places)
                self.assertTrue(all(place["function"].startswith("main.") for place in places))
                text = looking.dowse("heap", subject.pid, "--by", "site").decode()
                self.assertIn("samples no allocations", text)
                self.assertIn(places[0]["function"], text)


if __name__ == "__main__":
    unittest.main()
