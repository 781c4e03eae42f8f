#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles as dowse reads, adds and subtracts them, against github.com/google/pprof/profile: 500
random legal ones, and those of a real program of every release."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "truth"))

import build as building  # noqa: E402
import making  # noqa: E402

BUILD = Path(os.environ["BUILD_DIR"])
DOWSE = os.environ["DOWSE"]
RANDOM = 500
PAIRS = 120


def go(release, folder, output, experiment="", flags=()):
    environment = building.go_environment(release, False, experiment)
    new = f"{output}.{os.getpid()}"  # another suite may build it at the same moment
    subprocess.run(["nice", "go", "build", *flags, "-o", new, "."], cwd=folder, check=True,
                   env=environment, timeout=900)
    os.rename(new, output)
    return output


def peer():
    return go("1.26", HERE / "canonical", building.cache() / "profile-canonical", flags=["-mod=mod"])


def sampled(release):
    """Profiles of a real program: the folder that they lie in."""
    folder = building.cache() / f"profiles-{release}"
    source = (HERE / "sampled" / "main.go").read_bytes()
    mark = folder / "source"
    if mark.exists() and mark.read_bytes() == source:
        return folder
    folder.mkdir(exist_ok=True)
    experiment = "goroutineleakprofile" if release == "1.26" else ""
    program = go(release, HERE / "sampled", folder / "program", experiment,
                 [f"-modfile={building.modfile(release)}"])
    subprocess.run([program, folder], check=True, timeout=120)
    mark.write_bytes(source)
    return folder


def ask(program, questions):
    answer = subprocess.run([program], input="".join(question + "\n" for question in questions),
                            stdout=subprocess.PIPE, timeout=300, text=True, check=True)
    return answer.stdout.split("\n.\n")[:-1]


class EqualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.peer = peer()
        cls.files = Path(cls.folder.name)

    def write(self, name, payload):
        path = self.files / name
        path.write_bytes(payload)
        return path

    def compare(self, questions):
        ours = ask(BUILD / "test" / "profile" / "print-profile", questions)
        theirs = ask(self.peer, questions)
        self.assertEqual(len(theirs), len(questions))
        self.assertEqual(len(ours), len(questions))
        for question, one, other in zip(questions, ours, theirs):
            self.assertFalse(other.startswith("error"), f"{question}: {other}")
            self.assertEqual(one, other, question)
        return ours

    def test_random_decode(self):
        questions = [f"decode {self.write(f'r{seed}', making.packed(making.make(seed), seed))}"
                     for seed in range(RANDOM)]
        answers = self.compare(questions)
        again = ask(BUILD / "test" / "profile" / "print-profile",
                    [question.replace("decode", "encode") for question in questions])
        self.assertEqual(answers, again)
        # They are not all empty, nor all alike.
        self.assertGreater(len(set(answers)), RANDOM * 9 // 10)
        self.assertGreater(sum(answer.count("\nsample") for answer in answers), RANDOM * 4)

    def test_random_merge_and_diff(self):
        paths = [self.write(f"m{seed}", making.packed(making.make(seed, True), seed))
                 for seed in range(1000, 1000 + PAIRS)]
        pairs = list(zip(paths, paths[1:]))
        self.compare([f"merge {a} {b}" for a, b in pairs] + [f"diff {a} {b}" for a, b in pairs]
                     + [f"diff {a} {a}" for a in paths])

    def test_rows(self):
        """Profiles one behind the other are their sum, packed or not."""
        for seed in range(2000, 2040):
            one = making.Maker(seed, True, True)
            other = making.Maker(seed + 100, True, True)
            payloads = [one.make(), other.make()]
            first, second = (self.write(f"c{i}", payload) for i, payload in enumerate(payloads))
            row = self.write("row", b"".join(making.packed(payload, 1) for payload in payloads))
            ours = ask(BUILD / "test" / "profile" / "print-profile", [f"decode {row}", f"merge {first} {second}"])
            self.assertFalse(ours[1].startswith("error"), ours[1])
            self.assertEqual(*ours, f"seed {seed}")

    def test_real(self):
        for release in building.RELEASES:
            with self.subTest(release):
                folder = sampled(release)
                files = sorted(folder.glob("*.pb.gz"))
                self.assertGreaterEqual(len(files), 13)
                names = {file.name.split(".")[0] for file in files}
                self.assertEqual("goroutineleak" in names, release in ("1.26", "1.27"))
                pairs = [(folder / f"{name}.1.pb.gz", folder / f"{name}.0.pb.gz")
                         for name in sorted(names - {"cpu"})]
                self.compare([f"decode {file}" for file in files]
                             + [f"merge {a} {b}" for a, b in pairs]
                             + [f"diff {a} {b}" for a, b in pairs])


class JudgeTest(unittest.TestCase):
    """What is said of a real program's profiles."""

    def ask(self, *words):
        import json
        answer = subprocess.run([DOWSE, *map(str, words), "--format", "json"], timeout=120,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(answer.returncode, (0, 3), answer.stderr)
        return json.loads(answer.stdout)

    def test_growth(self):
        for release in building.RELEASES:
            with self.subTest(release):
                folder = sampled(release)
                before, after = folder / "heap.0.pb.gz", folder / "heap.1.pb.gz"
                for words in ((before, after), (after, before)):
                    found = self.ask(*words)["findings"]
                    self.assertEqual(found[0]["function"], "main.store")
                    self.assertEqual((found[0]["rule"], found[0]["certainty"]), ("growing-site", "likely"))
                # The same profile twice has not grown.
                self.assertEqual(self.ask(after, after)["findings"], [])

    def test_crowd(self):
        for release in building.RELEASES:
            with self.subTest(release):
                folder = sampled(release)
                before, after = folder / "goroutine.0.pb.gz", folder / "goroutine.1.pb.gz"
                one, = self.ask(after)["findings"]
                self.assertEqual((one["rule"], one["certainty"]), ("unbounded-goroutines", "suspect"))
                two, = self.ask(before, after)["findings"]
                self.assertEqual((two["certainty"], two["count"]), ("likely", 3000))
                self.assertEqual(two["function"], "main.waiter")

    def test_leaked(self):
        for release in ("1.26", "1.27"):
            found, = self.ask(sampled(release) / "goroutineleak.1.pb.gz")["findings"]
            self.assertEqual((found["code"], found["certainty"], found["count"]), ("L1", "likely", 3000))

    def test_nothing_of_the_rest(self):
        folder = sampled("1.26")
        for name in ("block.1", "mutex.1", "cpu", "threadcreate.1"):
            self.assertEqual(self.ask(folder / f"{name}.pb.gz")["findings"], [], name)

    def test_files(self):
        """What is written of a sum and a difference is read again, and by the peer."""
        folder = sampled("1.26")
        one, two = folder / "heap.0.pb.gz", folder / "heap.1.pb.gz"
        with tempfile.TemporaryDirectory() as made:
            for name, words, question in (("sum", [one, two], f"merge {one} {two}"),):
                path = Path(made) / name
                subprocess.run([DOWSE, "profile", *words, "--format", "pprof", "-o", path], check=True,
                               timeout=120)
                theirs = ask(peer(), [f"decode {path}", question])
                self.assertEqual(*theirs)
            top = subprocess.run([DOWSE, "profile", two, "--against", one], check=True, timeout=120,
                                 stdout=subprocess.PIPE).stdout.decode()
            self.assertIn("main.store", top.splitlines()[2])
            folded = subprocess.run([DOWSE, "profile", two, "--format", "folded"], check=True,
                                    timeout=120, stdout=subprocess.PIPE).stdout.decode()
            self.assertIn("runtime.main;main.main;main.store ", folded)

    def test_text(self):
        folder = sampled("1.26")
        found = self.ask(folder / "heap.0.txt", folder / "heap.1.txt")
        self.assertEqual(found["findings"][0]["function"], "main.store")
        self.assertEqual(len(found["warnings"]), 1)


if __name__ == "__main__":
    unittest.main()
