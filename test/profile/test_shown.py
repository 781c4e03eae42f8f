#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is shown of a profile: filters and calls against github.com/google/pprof, on random profiles and a
real program's; pictures and graphs read back; what a filter refuses."""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import making  # noqa: E402
from making import data, number, varint  # noqa: E402
from test_profiles import ask, building, peer, sampled  # noqa: E402

BUILD = Path(os.environ["BUILD_DIR"])
DOWSE = os.environ["DOWSE"]
OURS = BUILD / "test" / "profile" / "print-profile"
RANDOM = 100
# Expressions that hit some of the random profiles' functions, files and mappings, and none.
RANDOM_FILTERS = (
    "focus=f1$", r"ignore=main\.f[0-3]$", "hide=f[24]", "show=f[1-5]", "focus=shop hide=f1",
    "focus=f2|f3 ignore=f4 hide=f5 show=f", r"focus=f\d\d", "hide=main.go", "show=c.so", "ignore=nowhere",
    "show=nowhere", "focus=(?i)MAIN hide=(?:f1|f2)$", "focus=^main.f.{1,2}$", "hide=f{1}[^1-6]",
)
REAL_FILTERS = (
    r"focus=main\.store", r"ignore=^runtime\.", r"hide=^runtime", r"show=^main\.", "focus=mgc.go",
    r"hide=(?i)MAIN\.MAIN", r"focus=\(\*Profile\)", "focus=program", r"show=\bmain\b ignore=keep",
)


def dowse(*words):
    return subprocess.run([DOWSE, "profile", *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)


class EqualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.peer = peer()
        cls.paths = []
        for seed in range(5000, 5000 + RANDOM):
            path = Path(cls.folder.name) / f"r{seed}"
            path.write_bytes(making.packed(making.make(seed), seed))
            cls.paths.append(path)

    def compare(self, questions):
        ours, theirs = ask(OURS, questions), ask(self.peer, questions)
        self.assertEqual(len(ours), len(questions))
        for question, one, other in zip(questions, ours, theirs):
            self.assertFalse(other.startswith("error"), f"{question}: {other}")
            self.assertEqual(one, other, question)
        return ours

    def test_random_filters(self):
        questions = [f"filter {path} {RANDOM_FILTERS[(i + j) % len(RANDOM_FILTERS)]}"
                     for i, path in enumerate(self.paths) for j in range(4)]
        answers = self.compare(questions)
        left = [answer.count("\nsample") for answer in answers]
        # Some leave nothing and some leave a lot: they tell something apart.
        self.assertGreater(left.count(0), 20)
        self.assertGreater(sum(left), RANDOM)

    def test_random_graphs(self):
        answers = self.compare([f"graph {path}" for path in self.paths])
        self.assertGreater(sum(answer.count("edge") for answer in answers), RANDOM)

    def test_real(self):
        for release in ("1.19", "1.26", "1.27"):
            for name in ("heap.1", "goroutine.1", "cpu"):
                path = sampled(release) / f"{name}.pb.gz"
                self.compare([f"filter {path} {words}" for words in REAL_FILTERS] + [f"graph {path}"])


def read_varint(payload, at):
    value = shift = 0
    while True:
        byte = payload[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(payload):
    """Of a message: numbers, the fields themselves, and what is in them where that is bytes."""
    at = 0
    while at < len(payload):
        begin = at
        tag, at = read_varint(payload, at)
        length, at = read_varint(payload, at)
        inside = payload[at:at + length] if tag & 7 == 2 else None
        at += length if inside is not None else 0
        yield tag >> 3, payload[begin:at], inside


def without_symbols(path, to):
    """Addresses alone: no functions, no lines, and mappings that promise none."""
    made = b""
    for field, whole, inside in fields(gzip.decompress(path.read_bytes())):
        if field in (3, 4):
            last = 3 if field == 4 else 6
            whole = data(field, b"".join(one for inner, one, _ in fields(inside) if inner <= last))
        made += whole if field != 5 else b""
    to.write_bytes(made)


class SymbolsTest(unittest.TestCase):
    """What the executable says of addresses is what the program itself had written beside them."""

    def check(self, folder, executable, names):
        with tempfile.TemporaryDirectory() as room:
            for name in names:
                path, bare = folder / f"{name}.pb.gz", Path(room) / name
                without_symbols(path, bare)
                words = ("--format", "folded")
                expected = sorted(dowse(path, *words).stdout.splitlines())
                self.assertNotEqual(sorted(dowse(bare, *words).stdout.splitlines()), expected)
                found = dowse(bare, "--exe", executable, *words)
                self.assertEqual(found.returncode, 0, found.stderr)
                self.assertEqual(sorted(found.stdout.splitlines()), expected, path)

    def test_releases(self):
        for release in ("1.19", "1.24", "1.26", "1.27"):
            folder = sampled(release)
            self.check(folder, folder / "program", ("heap.1", "goroutine.1"))

    def test_stripped_anywhere(self):
        """A position-independent executable without symbols: it was loaded elsewhere."""
        with tempfile.TemporaryDirectory() as room:
            environment = building.go_environment("1.26", False, "")
            program = Path(room) / "program"
            subprocess.run(["nice", "go", "build", "-buildmode=pie", "-ldflags=-s -w",
                            f"-modfile={building.modfile('1.26')}", "-o", program, "."],
                           cwd=HERE / "sampled", check=True, env=environment, timeout=600)
            subprocess.run([program, room], check=True, timeout=120)
            self.check(Path(room), program, ("heap.1", "goroutine.1"))

    def test_judged(self):
        folder = sampled("1.26")
        with tempfile.TemporaryDirectory() as room:
            paths = [Path(room) / "before", Path(room) / "after"]
            for i, path in enumerate(paths):
                without_symbols(folder / f"heap.{i}.pb.gz", path)
            answer = subprocess.run([DOWSE, *map(str, paths), "--exe", folder / "program", "--format", "json"],
                                    stdout=subprocess.PIPE, timeout=120)
            found = json.loads(answer.stdout)["findings"][0]
            self.assertEqual((found["function"], found["certainty"]), ("main.store", "likely"))
            self.assertEqual(Path(found["file"]).name, "main.go")

    def test_another_build(self):
        with tempfile.TemporaryDirectory() as room:
            bare = Path(room) / "bare"
            without_symbols(sampled("1.26") / "heap.1.pb.gz", bare)
            for executable, said in ((DOWSE, "another build"), (bare, str(bare)), ("/nowhere", "/nowhere")):
                answer = dowse(bare, "--exe", executable)
                self.assertIn(answer.returncode, (1, 2))
                self.assertEqual(answer.stderr.count(b"\n"), 1)
                self.assertIn(said, answer.stderr.decode())


class LabelTest(unittest.TestCase):
    """Samples by their labels."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        texts = ["", "n", "count", "user", "anna", "bert", "bytes", "size", "kilobytes", "a", "b", "c", "d"]
        index = texts.index

        def sample(location, *labels):
            return data(2, data(1, varint(location)) + data(2, varint(1)) + b"".join(data(3, one) for one in labels))

        def text(key, value):
            return number(1, index(key)) + number(2, index(value))

        def amount(key, value, unit=""):
            return number(1, index(key)) + number(3, value) + number(4, index(unit))

        cls.path = Path(cls.folder.name) / "labelled"
        cls.path.write_bytes(
            data(1, number(1, 1) + number(2, 2))
            + sample(1, text("user", "anna"), amount("bytes", 4096))
            + sample(2, text("user", "bert"), amount("bytes", 100))
            + sample(3, text("user", "anna"), amount("size", 64, "kilobytes"))
            + sample(4)
            + b"".join(data(4, number(1, i) + data(4, number(1, i))) for i in range(1, 5))
            + b"".join(data(5, number(1, i) + number(2, index("abcd"[i - 1]))) for i in range(1, 5))
            + b"".join(data(6, text.encode()) for text in texts))

    def left(self, *words):
        answer = dowse(self.path, *words, "--format", "folded")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return "".join(sorted(line.split(b" ")[0].decode() for line in answer.stdout.splitlines()))

    def test_labels(self):
        for words, expected in (
                (["--tagfocus", "user=anna"], "ac"), (["--tagfocus", "anna"], "ac"),
                (["--tagfocus", "user:bert"], "b"), (["--tagignore", "user=anna"], "bd"),
                (["--tagfocus", "user=bert,anna"], "abc"), (["--tagfocus", "user:,bert"], "b"),
                (["--tagfocus", "bytes=4kb"], "a"), (["--tagfocus", "bytes=:1kb"], "b"),
                (["--tagfocus", "1kb:"], "ac"), (["--tagfocus", "size=64kb:64kb"], "c"),
                (["--tagfocus", "bytes=101b:1mb"], "a"), (["--tagfocus", "nobody=x"], ""),
                (["--tagfocus", "user=anna", "--tagignore", "64kb"], "a"),
                (["--tagfocus", "user=anna", "--focus", "^c$"], "c"), ([], "abcd")):
            self.assertEqual(self.left(*words), expected, words)


class OtherLanguageTest(unittest.TestCase):
    """Heap profiles of other programs are judged as such, and nothing is said of a Go process."""

    def judged(self, names, *sizes):
        texts = [b"", *b"inuse_objects count inuse_space bytes alloc_objects alloc_space space".split(),
                 *(name.encode() for name in names)]
        index = texts.index
        types = [("inuse_objects", "count"), ("inuse_space", "bytes"), ("alloc_objects", "count"),
                 ("alloc_space", "bytes")]
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for i, size in enumerate(sizes):
                values = (size >> 10, size, size >> 10, size)
                stack = b"".join(varint(at + 1) for at in range(len(names)))
                paths.append(Path(folder) / f"{i}.pb")
                paths[-1].write_bytes(
                    b"".join(data(1, number(1, index(a.encode())) + number(2, index(b.encode()))) for a, b in types)
                    + data(2, data(1, stack) + data(2, b"".join(map(varint, values))))
                    + b"".join(data(4, number(1, at + 1) + data(4, number(1, at + 1)))
                               + data(5, number(1, at + 1) + number(2, index(name.encode())))
                               for at, name in enumerate(names))
                    + b"".join(data(6, text) for text in texts) + number(9, 10**18 + i))
            answer = subprocess.run([DOWSE, *map(str, paths)], stdout=subprocess.PIPE, timeout=60)
            self.assertIn(answer.returncode, (0, 3))
            return answer.stdout.decode()

    def test_places(self):
        for names, place in ((("alloc::vec::Vec<T,A>::push", "shop::store", "std::rt::lang_start"), "shop::store"),
                             (("std::vector<int>::push_back(int&&)", "Cart::add(Item)", "main"), "Cart::add(Item)"),
                             (("<hashbrown::raw::RawTable<T>>::reserve", "shop::index", "main"), "shop::index"),
                             (("append_item", "handle", "<module>"), "append_item")):
            for sizes in ((64 << 20,), (64 << 20, 160 << 20)):
                text = self.judged(names, *sizes)
                self.assertIn(f"allocated by {place}", text)
                self.assertNotIn("debug/pprof", text)
                self.assertNotIn("next: dowse PID", text)
                self.assertEqual("likely" in text, len(sizes) == 2)
        self.assertIn("debug/pprof", self.judged(("main.store", "main.main", "runtime.main"), 64 << 20))


class FaceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.heap = sampled("1.26") / "heap.1.pb.gz"
        cls.before = sampled("1.26") / "heap.0.pb.gz"

    def text(self, *words):
        answer = dowse(*words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout.decode()

    def boxes(self, text):
        root = ElementTree.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual([child for child in root.iter() if child.tag.endswith("script")], [])
        return [(group.find(space + "title").text, group.find(space + "rect"))
                for group in root.iter(space + "g")]

    def test_svg(self):
        boxes = self.boxes(self.text(self.heap, "--format", "svg"))
        names = [title.split(" ")[0] for title, _ in boxes]
        self.assertIn("main.store", names)
        rows = {}
        for _, box in boxes:
            x, y, width = (float(box.get(key)) for key in ("x", "y", "width"))
            rows.setdefault(y, []).append((x, x + width))
        for row in rows.values():
            # A hundredth of a pixel is what is written.
            for (_, end), (begin, _) in zip(sorted(row), sorted(row)[1:]):
                self.assertLessEqual(end, begin + 0.02)
            self.assertLessEqual(max(end for _, end in row), 1190.02)
        self.assertTrue(self.boxes(self.text(self.heap, "--against", self.before, "--format", "svg")))

    def test_hostile_names(self):
        names = [b"</title><script>alert(1)</script>", b"a\"b\\c&d<e>'", b"\xff\x00\x1b[31m", b"\xef\xbf\xbf\xef\xbf\xbe",
                 b"]]>", b"x;y\nz", b"w" * 5000]
        texts = [b"", b"n", b"count", *names]
        stack = varint(1) * 2 + b"".join(varint(i + 1) for i in range(len(names)))
        payload = (data(1, number(1, 1) + number(2, 2)) + data(2, data(1, stack) + data(2, varint(7)))
                   + b"".join(data(4, number(1, i + 1) + data(4, number(1, i + 1))) for i in range(len(names)))
                   + b"".join(data(5, number(1, i + 1) + number(2, i + 3)) for i in range(len(names)))
                   + b"".join(data(6, text) for text in texts))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "<b>&\x01.pprof"
            path.write_bytes(payload)
            self.assertEqual(len(self.boxes(self.text(path, "--format", "svg"))), len(names) + 2)
            for words in (["--format", "dot"], ["--format", "tree"], ["--peek", "."], []):
                text = self.text(path, *words)
                self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f]")
                self.assertLess(len(text), 20000)
            for line in self.text(path, "--format", "dot").splitlines()[2:-1]:
                self.assertRegex(line, r'^\tn\d+ (-> n\d+ )?\[label="(\\.|[^"\\])*"[^"]*\];$')

    def test_dot(self):
        text = self.text(self.heap, "--format", "dot", "-n", "3")
        labels = dict(re.findall(r'^\t(n\d+) \[label="([^"\\]*)', text, re.M))
        self.assertEqual(set(labels.values()), {"runtime.main", "main.main", "main.store"})
        edges = {(labels[a], labels[b]) for a, b in re.findall(r"(n\d+) -> (n\d+)", text)}
        self.assertEqual(edges, {("runtime.main", "main.main"), ("main.main", "main.store")})
        # A function that is not shown between two that are.
        text = self.text(self.heap, "--hide", "nothing", "--format", "dot", "-n", "2")
        self.assertEqual(text.count("->"), 1)

    def test_peek(self):
        lines = self.text(self.heap, "--peek", r"^main\.main$").splitlines()
        self.assertRegex(lines[0], r"called by .* runtime\.main$")
        self.assertRegex(lines[1], r"with callees .* main\.main$")
        self.assertRegex(lines[2], r"itself +0 bytes")
        self.assertTrue(any(re.search(r"calls .* main\.store$", line) for line in lines[3:]))
        self.assertIn("No function", self.text(self.heap, "--peek", "nowhere"))
        self.assertEqual(dowse(self.heap, "--peek", "x", "--format", "json").returncode, 2)

    def test_tree(self):
        lines = self.text(self.heap, "--format", "tree").splitlines()
        indents = {line[19:].strip(): len(line[19:]) - len(line[19:].lstrip()) for line in lines}
        self.assertEqual([indents["main.main"] - indents["runtime.main"],
                          indents["main.store"] - indents["main.main"]], [1, 1])
        self.assertIn("not shown", self.text(self.heap, "--format", "tree", "-n", "2"))

    def test_value_and_share(self):
        whole = self.text(self.heap, "--value", "alloc_objects").splitlines()[0]
        part = self.text(self.heap, "--value", "alloc_objects", "--focus", r"main\.store").splitlines()
        self.assertRegex(whole, r"^alloc_objects: [\d,]+ in all$")
        self.assertRegex(part[0], r"^alloc_objects: [\d,]+ of [\d,]+ in all$")
        self.assertTrue(part[0].endswith(whole.split(" ", 1)[1]))
        tree = json.loads(self.text(self.heap, "--focus", r"main\.store", "--format", "json"))
        self.assertNotIn("main.keep", tree["flame"]["names"])

    def test_round_trip(self):
        """What was filtered is a profile."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "some.pprof"
            self.text(self.heap, "--focus", "store", "--format", "pprof", "-o", path)
            self.assertEqual(self.text(path, "--format", "folded"),
                             self.text(self.heap, "--focus", "store", "--format", "folded"))

    def test_refused(self):
        for words, said in ((["--focus", "["], "["), (["--hide", "("], "regular expression"),
                            (["--focus", r"\pL"], "backslash"), (["--show", "(?P<n>x)"], "(?"),
                            (["--ignore", ""], "empty"), (["--focus", "[\\d]"], "backslash"),
                            (["--value", "nothing"], "alloc_space"), (["--tagfocus", "a=("], "expression")):
            answer = dowse(self.heap, *words)
            self.assertEqual(answer.returncode, 2, words)
            self.assertEqual(answer.stderr.count(b"\n"), 1)
            self.assertIn(said, answer.stderr.decode())


if __name__ == "__main__":
    unittest.main()
