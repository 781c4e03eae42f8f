# SPDX-License-Identifier: Apache-2.0
"""
The runtime's counters and the process's memory, against what the program itself reads from the
runtime (before and after, while it stands still) and what the kernel counts.
"""

import os
import time
import unittest
from pathlib import Path

import probes

KIB, MIB = 1 << 10, 1 << 20

# In the program's report, and in dowse's.
SAME = {"processors": "gomaxprocs", "gc_count": "gc_count", "last_gc": "last_gc_unix_ns",
        "next_gc": "heap_goal", "heap_in_use": "heap_in_use", "heap_released": "heap_released",
        "heap_alloc": "heap_allocated", "total_alloc": "total_allocated",
        "stack_in_use": "stacks"}


def status(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(f"no {name}")


class Counters(unittest.TestCase):
    def look_at_rest(self, probe):
        """What dowse saw between two equal reports: a collection that has just ended still sweeps,
        returns memory and lets its workers go, and the reports then tell of two moments."""
        for _ in range(20):
            before = probe.ask()
            seen = probes.dowse_json("info", probe.pid)
            after = probe.ask()
            # It does nothing but answer: what moves is what reading MemStats itself moves.
            moved = {name for name in before if before[name] != after[name]}
            moved &= set(SAME) | {"heap_idle", "goroutines"}
            if not moved:
                return before, seen
            time.sleep(0.1)
        raise AssertionError(f"it never stood still: {sorted(moved)}")

    def check(self, path, **settings):
        with probes.Probe(path, **settings) as probe:
            probe.ask()
            before, seen = self.look_at_rest(probe)
            for theirs, ours in SAME.items():
                self.assertEqual(before[theirs], seen["runtime"][ours], theirs)
            self.assertEqual(before["goroutines"], seen["goroutine_count"])
            self.assertEqual(before["heap_idle"],
                             seen["runtime"]["heap_free"] + seen["runtime"]["heap_released"])
            return seen["runtime"]

    def test_every_release(self):
        for release in probes.RELEASES:
            for variant in ("plain", "cgo"):
                with self.subTest(release=release, variant=variant):
                    self.check(probes.make(release, variant, True))

    def test_settings(self):
        path = probes.make("1.26", "plain", True)
        self.assertEqual(-1, self.check(path, gogc=-1)["gogc"])
        self.assertEqual(35, self.check(path, gogc=35)["gogc"])
        os.environ["GOMEMLIMIT"] = "40MiB"
        try:
            for release in ("1.19", "1.26"):
                seen = self.check(probes.make(release, "plain", True), gogc=400)
                self.assertEqual(40 * MIB, seen["gomemlimit"])
                # The limit, not GOGC, says where the next collection ends.
                self.assertLess(seen["heap_goal"], 40 * MIB)
        finally:
            del os.environ["GOMEMLIMIT"]
        self.assertIsNone(self.check(path)["gomemlimit"])

    def test_many_goroutines(self):
        for release in ("1.19", "1.24", "1.27"):
            self.check(probes.make(release, "plain", True), goroutines=20000)


class Memory(unittest.TestCase):
    def parts(self, path, **settings):
        with probes.Probe(path, **settings) as probe:
            memory = probes.dowse_json("info", probe.pid)["memory"]
            resident, peak = status(probe.pid, "VmRSS"), status(probe.pid, "VmHWM")
        self.assertEqual(memory["resident"], sum(memory["parts"].values()))
        # The kernel's quick counter lags behind the pages by up to 64 a processor and thread.
        self.assertAlmostEqual(memory["resident"], resident * KIB, delta=2 * MIB)
        self.assertAlmostEqual(memory["peak"], peak * KIB, delta=2 * MIB)
        return memory["parts"]

    def test_parts_of_every_release(self):
        for release in probes.RELEASES:
            with self.subTest(release=release):
                parts = self.parts(probes.make(release, "plain", True), nodes=40000)
                # 40,000 objects of the size class 1,024 (node is 8 + 1,000 bytes).
                self.assertAlmostEqual(40000 * 1024, parts["live"], delta=512 * KIB)
                self.assertLess(parts["since_gc"] + parts["garbage"], MIB)
                # The last few objects may not have been written to.
                self.assertLess(abs(parts["unexplained"]), 256 * KIB)
                self.assertEqual(0, parts["files"])
                # The main thread's stack; there is no C.
                self.assertLess(parts["not_go"], 256 * KIB)

    def test_free_memory(self):
        parts = self.parts(probes.make("1.26", "plain", True), garbage=60000, gogc=1000)
        # What the collection freed is not returned within the first seconds.
        self.assertAlmostEqual(60000 * 1024, parts["free"], delta=3 * MIB)

    def test_returned_memory(self):
        path = probes.make("1.26", "plain", True)
        with probes.Probe(path, garbage=60000, gogc=1000) as probe:
            probe.ask("free")
            memory = probes.dowse_json("info", probe.pid)["memory"]
            self.assertLess(memory["parts"]["free"], 2 * MIB)
            self.assertLess(memory["resident"], 24 * MIB)
            self.assertLess(abs(memory["parts"]["unexplained"]), 256 * KIB)

    def test_what_was_never_touched(self):
        for release in ("1.19", "1.23", "1.27"):
            with self.subTest(release=release):
                parts = self.parts(probes.make(release, "plain", True), untouched=100 * MIB)
                self.assertAlmostEqual(110 * MIB, parts["live"], delta=MIB)
                self.assertAlmostEqual(-100 * MIB, parts["unexplained"], delta=256 * KIB)

    def test_stacks(self):
        parts = self.parts(probes.make("1.26", "plain", True), goroutines=20000, nodes=1)
        # 2 KiB each, at least.
        self.assertGreaterEqual(parts["stacks"], 20000 * 2 * KIB)
        self.assertLess(parts["stacks"], 20000 * 4 * KIB + 2 * MIB)
        self.assertLess(abs(parts["unexplained"]), 256 * KIB)

    def test_what_c_holds(self):
        for release in ("1.19", "1.23", "1.27"):
            with self.subTest(release=release):
                few = self.parts(probes.make(release, "cgo", True), native=MIB)
                many = self.parts(probes.make(release, "cgo", True), native=65 * MIB)
                # The kernel joins neighbours: a mapping in which C's memory lies beside the
                # runtime's counts as the runtime's, as far as that has mapped so much at all.
                self.assertAlmostEqual(64 * MIB, many["not_go"] - few["not_go"], delta=2 * MIB)
                for name in ("live", "executable", "libraries"):
                    self.assertAlmostEqual(few[name], many[name], delta=MIB, msg=name)
                self.assertGreater(many["libraries"], 500 * KIB)


class ControlGroup(unittest.TestCase):
    @staticmethod
    def number(path):
        text = path.read_text().strip()
        return None if text == "max" or int(text) >= 1 << 60 else int(text)

    def check(self, pid, group=None):
        seen = probes.dowse_json("info", pid)["memory"]["cgroup"]
        if group:
            self.assertEqual(str(group), seen["path"])
        group = Path(seen["path"])
        first = (group / "memory.limit_in_bytes").exists()
        limit = group / ("memory.limit_in_bytes" if first else "memory.max")
        used = group / ("memory.usage_in_bytes" if first else "memory.current")
        # The top of the second version's tree has no limit, and so no file for it.
        self.assertEqual(self.number(limit) if limit.exists() else None, seen["limit"])
        # Others may live in it, too.
        tolerance = 2 * MIB if seen["limit"] == 300 * MIB else 256 * MIB
        self.assertAlmostEqual(self.number(used), seen["used"], delta=tolerance)
        return seen

    def test_the_group_that_it_is_in(self):
        with probes.Probe(probes.make("1.26", "plain", True)) as probe:
            self.check(probe.pid)

    def test_a_group_with_a_limit(self):
        folder = Path("/sys/fs/cgroup/memory")
        first = folder.exists()
        folder = folder if first else folder.parent
        group = folder / f"dowse-test-{os.getpid()}"
        with probes.Probe(probes.make("1.26", "plain", True)) as probe:
            try:
                group.mkdir()
                limit = group / ("memory.limit_in_bytes" if first else "memory.max")
                limit.write_text(str(300 * MIB))
                (group / "cgroup.procs").write_text(str(probe.pid))
            except OSError:
                # A container, as a rule, may not make groups: then its own has to do.
                self.check(probe.pid)
                return
            self.assertEqual(300 * MIB, self.check(probe.pid, group)["limit"])
        group.rmdir()
