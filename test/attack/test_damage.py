# SPDX-License-Identifier: Apache-2.0
"""Cores, snapshots and executables, cut and with bits changed: each look ends in time and within
bounds, with an answer, an answer that is marked as having gaps, or one line that says what is
wrong. A part of it by default; with DOWSE_SOAK=1 every 4 KiB step, and ten thousand changes."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "cores"))
import making  # noqa: E402

DAMAGE = os.path.join(os.environ.get("BUILD_DIR", "build"), "test", "attack", "attack-damage")
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
SOAK = bool(os.environ.get("DOWSE_SOAK"))
# Of pages that are cut at one is taken, and so many changes are made of each file.
STEP = 1 if SOAK else 64 if not SANITIZED else 512
CHANGES = 2500 if SOAK else 60 if not SANITIZED else 10
RUNS = 300 if SOAK else 12 if not SANITIZED else 4
MIB = 1 << 20
# What the program itself says is asked of the whole program, with its confined worker.
SECONDS = 10 * (4 if SANITIZED else 1)


def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def patiently(*words):
    """A loaded machine may have to be asked again."""
    for left in range(4, -1, -1):
        answer = making.dowse(*words, check=False)
        if "did not stop within" not in answer.stderr:
            return answer
        time.sleep(2)
    raise AssertionError(answer.stderr)


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="dowse-damage-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.executable = making.build.build("1.26", "plain", "zoo")[0]
        with making.Moment([cls.executable], cls.folder / "work") as moment:
            cls.snapshot = cls.folder / "snapshot"
            patiently("snapshot", moment.pid, "-o", cls.snapshot)
            cls.gcore = cls.keep(moment.gcore(), "gcore")
            cls.core = cls.gcore
            if making.kernel_writes_files():
                cls.core = cls.keep(moment.kernel_core(), "core")
        cls.answers = {path: cls.count(path) for path in (cls.snapshot, cls.core)}

    @classmethod
    def keep(cls, path, name):
        return shutil.move(path, cls.folder / name)

    @classmethod
    def count(cls, path):
        return making.goroutines(path)["goroutine_count"]

    def damage(self, how, kind, path, *core):
        """(answered as the whole file, with marked gaps, otherwise, refused)"""
        result = subprocess.run(
            [DAMAGE, how, kind, str(path), "20", "0", str(CHANGES), str(STEP), *map(str, core)],
            capture_output=True, text=True, timeout=7200 if SOAK else 600, check=False)
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])
        *complaints, numbers = result.stdout.strip().splitlines()
        self.assertEqual(complaints, [])
        same, marked, different, refused, bad, longest, over = map(int, numbers.split())
        self.assertEqual(bad, 0)
        if SOAK:
            print(f"{how} {kind}: {same} same, {marked} with gaps, {different} other, "
                  f"{refused} refused; {longest} ms, {over} KiB over 16 times the bytes")
        return same, marked, different, refused

    def test_cut_snapshot(self):
        _, _, different, refused = self.damage("cut", "snapshot", self.snapshot)
        self.assertEqual(different, 0)
        self.assertGreater(refused, 0)

    def test_changed_snapshot(self):
        """Checksums tell every change: another answer without a word would be one that they missed."""
        _, marked, different, refused = self.damage("flip", "snapshot", self.snapshot)
        self.assertEqual(different, 0)
        self.assertGreater(marked + refused, CHANGES // 2)

    def test_forged_snapshot(self):
        """With right checksums over wrong contents, which may be a snapshot of something else."""
        same, _, _, refused = self.damage("repair", "snapshot", self.snapshot)
        self.assertGreater(same, 0)  # else what is put together again is no snapshot at all
        self.assertGreater(refused, 0)

    def test_cut_cores(self):
        for core in (self.core, self.gcore):
            _, _, different, refused = self.damage("cut", "core", core, self.executable)
            self.assertEqual(different, 0)
            self.assertGreater(refused, 0)

    def test_changed_core(self):
        same, _, _, refused = self.damage("flip", "core", self.core, self.executable)
        self.assertGreater(same, 0)
        self.assertGreater(refused, 0)

    def test_cut_executable(self):
        same, marked, different, refused = self.damage("cut", "executable", self.executable,
                                                       self.core)
        self.assertEqual(different, 0)
        self.assertGreater(same + marked, 0)  # its debug information is not needed
        self.assertGreater(refused, 0)

    def test_changed_executable(self):
        same, _, _, refused = self.damage("flip", "executable", self.executable, self.core)
        self.assertGreater(same, 0)
        self.assertGreater(refused, 0)

    def run_dowse(self, path, *words):
        """The program's status, its document or line, and its peak of memory, in bytes."""
        there = os.stat(path).st_blocks * 512
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen([making.DOWSE, "goroutines", str(path), "--format", "json",
                                        *words], stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=errors, preexec_fn=limit)
            killer = threading.Timer(SECONDS * 6, process.kill)  # a hang fails, and ends
            killer.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            killer.cancel()
            output.seek(0)
            errors.seek(0)
            document, line = output.read(), errors.read()
        if not SANITIZED:
            self.assertLess(usage.ru_maxrss * 1024, 64 * MIB + 16 * there)
        self.assertLess(usage.ru_utime + usage.ru_stime, SECONDS)
        return process.returncode, document, line

    def judge(self, path, original, *words):
        status, document, line = self.run_dowse(path, *words)
        self.assertIn(status, (0, 1), line)
        if status == 1:
            self.assertEqual(len(line.splitlines()), 1, line)
            self.assertIn(path.name, line)
            self.assertNotIn("worker", line)
            return False
        answer = json.loads(document)
        if original == self.snapshot and answer["goroutine_count"] != self.answers[original]:
            self.assertTrue(answer["warnings"], "fewer goroutines, and not a word")
        return True

    def changed(self, original, chance):
        path = self.folder / f"damaged.{original.name}"
        subprocess.run(["cp", "--sparse=always", str(original), str(path)], check=True)
        size = os.stat(path).st_size
        if chance.random() < 0.5:
            os.truncate(path, chance.randrange(size))
            return path
        with open(path, "r+b") as file:
            for _ in range(chance.randrange(1, 4)):
                at = chance.choice((chance.randrange(4096), chance.randrange(size)))
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 1 << chance.randrange(8)]))
        return path

    def test_the_program_itself(self):
        for original in (self.snapshot, self.core):
            chance = random.Random(20)
            answered = 0
            for turn in range(RUNS):
                with self.subTest(file=original.name, turn=turn):
                    answered += self.judge(self.changed(original, chance), original)
            self.assertGreater(RUNS, answered)

    def start_damaged(self, chance):
        """A program whose file is damaged where the kernel and the runtime do not look."""
        path = self.folder / "damaged.zoo"
        path.unlink(missing_ok=True)
        shutil.copy(self.executable, path)
        with open(path, "r+b") as file:
            content = file.read()
            end = int.from_bytes(content[0x28:0x30], "little") + 64 * content[0x3c]
            debug = content.rindex(b".shstrtab") & ~4095
            for _ in range(8):
                at = chance.choice((chance.randrange(0x28, 0x30), chance.randrange(0x3a, 0x40),
                                    chance.randrange(min(end, 0x190), end),
                                    chance.randrange(debug, len(content))))
                file.seek(at)
                file.write(bytes([content[at] ^ 1 << chance.randrange(8)]))
        return making.program.Controlled([str(path)])

    def test_a_live_process_with_a_damaged_file(self):
        chance = random.Random(20)
        answered = 0
        for turn in range(RUNS):
            with self.subTest(turn=turn), self.start_damaged(chance) as target:
                answer = patiently("goroutines", target.pid, "--format", "json")
                self.assertIn(answer.returncode, (0, 1), answer.stderr)
                if answer.returncode == 0:
                    self.assertGreater(json.loads(answer.stdout)["goroutine_count"], 300)
                    answered += 1
                else:
                    self.assertRegex(answer.stderr, r"^dowse: damaged.zoo .*\n$")
        # Sections are a help, not a need; but where they have wrong names it may look like C.
        self.assertGreaterEqual(answered, RUNS * 0.9)


if __name__ == "__main__":
    unittest.main()
