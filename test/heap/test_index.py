# SPDX-License-Identifier: Apache-2.0
"""The index beside a snapshot: it is used, it changes no answer, and whatever lies in its place is
not believed, or lies within bounds."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
FORGE = os.path.join(os.path.dirname(DOWSE), "test", "heap", "heap-forge-index")
NOBODY = 65534
QUESTIONS = [("--by", "type", *looking.ALL), ("--by", "holder"), ("--by", "package"),
             ("--by", "span"), ("--by", "holder", "--limit", "3"), ("--limit", "5")]

# By their order in src/heap/index_private.h.
FACTS, TYPES, SHAPE_LIST, SPANS, GROUPS, CLASSES, HOLDERS, PARTS, ROOT_TYPES, USERS, TEXTS, USED, DEAD, REACHED, ROWS, EDGES, \
    SHAPES, MARKS, VERTICES, NUMBERS, PARENTS, RETAINED = range(22)
TOTALS = 40  # in the facts: the number of objects


def ask(snapshot, *words, **options):
    return subprocess.run([DOWSE, "heap", str(snapshot), *words, "--format", "json"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, **options)


def ask_verb(*words):
    got = subprocess.run([DOWSE, *words, "--format", "json"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    if got.returncode != 0 or got.stderr:
        raise AssertionError(f"{words}: status {got.returncode}: {got.stderr.decode()}")
    return got.stdout


def answer(snapshot, *words):
    got = ask(snapshot, *words)
    if got.returncode != 0 or got.stderr:
        raise AssertionError(f"status {got.returncode}: {got.stderr.decode()}")
    return got.stdout


def forge(index, section, item, offset, size, value):
    return subprocess.run([FORGE, index, *map(str, (section, item, offset, size, value))],
                          timeout=60, check=False).returncode


def sections(index):
    listing = subprocess.run([FORGE, index], stdout=subprocess.PIPE, timeout=60, check=True)
    return [tuple(map(int, line.split())) for line in listing.stdout.splitlines()]


class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="dowse-index-")
        cls.kept = {}
        for name, release, variant, package, words in (
                ("one", "1.26", "plain", "edifice", []),
                ("stripped", "1.23", "stripped", "zoo", []),
                ("two", "1.26", "plain", "shapes", ["-shape", "server", "-objects", "30000"]),
                ("large", "1.26", "plain", "shapes", ["-objects", "1500000"])):
            path = os.path.join(cls.folder.name, name + ".dowse")
            with program.Controlled(build.build(release, variant, package) + words) as subject:
                looking.dowse("snapshot", subject.pid, "-o", path)
            cls.kept[name] = path
        cls.truth = {name: [answer(path, *words, "--no-index") for words in QUESTIONS]
                     for name, path in cls.kept.items() if name != "large"}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="dowse-index-")
        self.addCleanup(self.place.cleanup)

    def snapshot(self, name="one"):
        """One of its own in a folder of its own: its name is in answers, so they are compared
        without it."""
        path = os.path.join(self.place.name, os.path.basename(self.kept[name]))
        shutil.copy2(self.kept[name], path)
        return path, path + ".index"

    def same(self, path, name="one", questions=range(len(QUESTIONS)), what=""):
        for number in questions:
            got = answer(path, *QUESTIONS[number])
            want = self.truth[name][number]
            self.assertEqual(got.replace(path.encode(), b""),
                             want.replace(self.kept[name].encode(), b""),
                             f"{QUESTIONS[number]} {what}")

    def is_used(self, path, index):
        """One that lies about a number is heard, so what is said else is of the index, too."""
        self.assertEqual(forge(index, FACTS, 0, TOTALS, 8, 4242424242), 0)
        return b"4242424242" in answer(path, "--by", "type")

    def test_same_answers(self):
        for name in ("one", "stripped", "two"):
            path, index = self.snapshot(name)
            self.assertFalse(os.path.exists(index))
            self.same(path, name, [3])  # it needs no dominators
            first = os.stat(index)
            self.assertEqual(first.st_mode & 0o777, os.stat(path).st_mode & 0o666)
            self.same(path, name, [3, 2])
            self.assertEqual(os.stat(index).st_ino, first.st_ino, "it was written again")
            self.same(path, name)
            second = os.stat(index)
            self.assertGreater(second.st_size, first.st_size)
            self.same(path, name)
            self.assertEqual(os.stat(index).st_ino, second.st_ino, "it was written again")
            self.assertTrue(self.is_used(path, index))
            self.assertEqual(sorted(os.listdir(self.place.name))[-2:],
                             sorted([os.path.basename(path), os.path.basename(index)]))
            os.unlink(path)
            os.unlink(index)

    def test_other_verbs(self):
        """What they say of a type, an object and a root comes from arrays that are mapped."""
        path, index = self.snapshot()
        types = json.loads(self.truth["one"][0])["types"]
        names = [row["type"] for row in types if row["type"]][:8]
        address = json.loads(ask_verb("why", path, names[0], "--no-index"))["paths"][0]
        address = address["steps"][-1]["address"]
        questions = [("why", path, name) for name in names]
        questions += [("objects", path, "--type", name, "--limit", "20") for name in names[:3]]
        questions += [("show", path, address), ("why", path, address)]
        for question in questions:
            without = ask_verb(*question, "--no-index")
            self.assertEqual(ask_verb(*question), without, question)
            self.assertEqual(ask_verb(*question), without, question)
        self.assertTrue(self.is_used(path, index))

    def test_no_index(self):
        path, index = self.snapshot()
        answer(path, "--no-index")
        self.assertEqual(os.listdir(self.place.name), [os.path.basename(path)])
        answer(path)
        self.assertTrue(self.is_used(path, index))
        before = os.stat(index)
        self.assertNotIn(b"4242424242", answer(path, "--no-index"))
        self.assertEqual(os.stat(index), before)

    def test_replaced(self):
        path, index = self.snapshot()
        self.same(path, "one", [0])
        inode = os.stat(index).st_ino
        shutil.copy2(self.kept["two"], path)
        got = answer(path, *QUESTIONS[0])
        self.assertEqual(got.replace(path.encode(), b""),
                         self.truth["two"][0].replace(self.kept["two"].encode(), b""))
        self.assertNotEqual(os.stat(index).st_ino, inode)
        self.assertTrue(self.is_used(path, index))

    def test_touched(self):
        """What was written to since may be another."""
        path, index = self.snapshot()
        answer(path)
        self.assertTrue(self.is_used(path, index))
        os.utime(path)
        self.same(path, "one", [0])
        self.assertTrue(self.is_used(path, index))

    def test_cut_and_damaged(self):
        path, index = self.snapshot("two")
        answer(path)
        whole = Path(index).read_bytes()
        chance = random.Random(7)
        cuts = [0, 1, 8, 100, 4095, 4096, len(whole) // 2, len(whole) - 4096, len(whole) - 1]
        for cut in cuts:
            Path(index).write_bytes(whole[:cut])
            self.same(path, "two", [chance.randrange(len(QUESTIONS))], f"cut at {cut}")
        for _ in range(20):
            at = chance.randrange(len(whole))
            damaged = bytearray(whole)
            damaged[at] ^= 1 << chance.randrange(8)
            Path(index).write_bytes(damaged)
            self.same(path, "two", [chance.randrange(len(QUESTIONS))], f"damaged at {at}")

    def test_foreign(self):
        path, index = self.snapshot("one")
        other, others = self.snapshot("two")
        answer(other)
        shutil.copy(others, index)
        self.same(path, "one", [0, 1])
        self.assertTrue(self.is_used(path, index))

    def test_other_files_stay(self):
        path, index = self.snapshot()
        Path(index).write_text("mine")
        self.same(path, "one", [0])
        self.assertEqual(Path(index).read_text(), "mine")
        os.unlink(index)
        os.mkdir(index)
        self.same(path, "one", [0])
        self.assertEqual(os.listdir(index), [])
        os.rmdir(index)
        os.mkfifo(index)
        self.same(path, "one", [0])
        os.unlink(index)
        os.symlink(os.path.join(self.place.name, "elsewhere"), index)
        self.same(path, "one", [0])
        self.assertTrue(os.path.islink(index))
        self.assertFalse(os.path.exists(os.path.join(self.place.name, "elsewhere")))

    def test_somebody_elses(self):
        path, index = self.snapshot()
        answer(path)
        self.assertTrue(self.is_used(path, index))
        os.chmod(index, 0o666)
        self.assertNotIn(b"4242424242", answer(path))
        self.assertTrue(self.is_used(path, index))  # it was written anew
        if os.geteuid() == 0:
            os.chown(index, NOBODY, NOBODY)
            self.assertNotIn(b"4242424242", answer(path))

    def test_folder_that_is_read_only(self):
        path, index = self.snapshot()
        os.chmod(self.place.name, 0o555)
        os.chmod(path, 0o444)
        dowse = os.path.join(self.folder.name, "dowse")
        shutil.copy(DOWSE, dowse)
        os.chmod(self.folder.name, 0o755)
        options = {"user": NOBODY} if os.geteuid() == 0 else {}
        got = subprocess.run([dowse, "heap", path, *QUESTIONS[0], "--format", "json"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60, check=False, **options)
        os.chmod(self.place.name, 0o755)
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        self.assertEqual(got.stdout.replace(path.encode(), b""),
                         self.truth["one"][0].replace(self.kept["one"].encode(), b""))
        self.assertFalse(os.path.exists(index))

    def test_forged(self):
        """Numbers that lead astray, with checksums that are right: an answer, whatever it says."""
        path, index = self.snapshot("two")
        answer(path)
        whole = Path(index).read_bytes()
        counts = sections(index)
        chance = random.Random(11)
        lies = [0xffffffffffffffff, 0xfffffffffffffffe, 0x7fffffff, 1 << 40, 12345]
        refused = 0
        for section, count, size in counts:
            if not count:
                continue
            for _ in range(4 if section in (SPANS, HOLDERS, EDGES, ROWS) else 2):
                Path(index).write_bytes(whole)
                width = min(size, chance.choice([4, 8]))
                offset = chance.randrange(0, size - width + 1, width)
                item = chance.choice([0, -1, chance.randrange(count)])
                self.assertEqual(forge(index, section, item, offset, width, chance.choice(lies)), 0)
                forged = Path(index).read_bytes()
                question = chance.randrange(len(QUESTIONS))
                got = ask(path, *QUESTIONS[question])
                self.assertEqual((got.returncode, got.stderr), (0, b""), f"section {section}")
                refused += Path(index).read_bytes() != forged
        self.assertGreater(refused, 5)

    def test_forged_places(self):
        """Each array whose numbers are places, with one that is none: refused, and made anew."""
        path, index = self.snapshot("two")
        answer(path)
        whole = Path(index).read_bytes()
        count = {number: count for number, count, _ in sections(index)}
        for section, item, size, value in (
                (EDGES, 5, 4, 0xfffffffe), (EDGES, -1, 4, (count[SHAPES]) << 1),
                (ROWS, 10, 4, 0xfffffff0), (ROWS, 0, 4, 7), (ROWS, -1, 4, count[EDGES] + 1),
                (SHAPES, 3, 2, 0xffff), (MARKS, 3, 4, count[TYPES] + 1),
                (VERTICES, 1, 4, count[NUMBERS]), (VERTICES, 0, 4, 0), (VERTICES, 2, 4, 0xffffffff),
                (NUMBERS, 0, 4, count[VERTICES]), (PARENTS, 9, 4, 9), (PARENTS, 9, 4, 10),
                (USED, -1, 8, 1 << 63), (SPANS, 0, 8, 8192)):
            Path(index).write_bytes(whole)
            self.assertEqual(forge(index, section, item, 0, size, value), 0)
            forged = Path(index).read_bytes()
            self.assertNotEqual(forged, whole, f"{section} was so before")
            self.same(path, "two", [1], f"section {section}")
            self.assertNotEqual(Path(index).read_bytes(), forged, f"{section} {value} was taken")
        # Of a closure it would be the code, which may be anywhere: the first types are not all closures.
        refused = 0
        for item in range(min(8, count[TYPES])):
            Path(index).write_bytes(whole)
            self.assertEqual(forge(index, TYPES, item, 0, 8, 12345 if item % 2 else 1), 0)
            forged = Path(index).read_bytes()
            self.same(path, "two", [1], f"type {item}")
            refused += Path(index).read_bytes() != forged
        self.assertGreater(refused, 0)
        header = 24 + 24 + 16  # where the sections stand in it
        for offset, value in ((8, 0), (16, 1), (24, 1), (32, 1), (40, 1), (48, 1), (56, 3),
                              (header, 1 << 40), (header + 8, 1 << 61), (header + 16, 0)):
            Path(index).write_bytes(whole)
            self.assertEqual(forge(index, -1, 0, offset, 8, value), 0)
            self.same(path, "two", [1], f"header {offset}")
            self.assertTrue(self.is_used(path, index))

    def test_interrupted(self):
        """Whoever ends dowse at any moment finds no index, or a whole one."""
        path, index = self.snapshot("large")
        begun = time.monotonic()
        answer(path)
        took = time.monotonic() - begun
        truth = answer(path, "--no-index")
        chance = random.Random(3)
        for turn in range(10):
            if os.path.exists(index):
                os.unlink(index)
            process = subprocess.Popen([DOWSE, "heap", path], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(took * (0.3 + 0.7 * chance.random()))
            process.send_signal(signal.SIGKILL if turn % 2 else signal.SIGTERM)
            process.wait(60)
            names = set(os.listdir(self.place.name)) - {os.path.basename(path)}
            self.assertLessEqual(names, {os.path.basename(index)})
        self.assertEqual(answer(path), truth)


if __name__ == "__main__":
    unittest.main()
