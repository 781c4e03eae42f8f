#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that leak, and tests that do not, under `dowse exec`; and programs that end in every way."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import packages  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
PATIENCE = 120

# What each subtest of `rows` is to be called, and never anything else.
ROWS = {
    "L1": "L1", "L2": "L2", "L3": "L3", "L4": "L4", "L5": "L5", "L6": "L6", "L7": "L7",
    "L8": "L8 L9", "L9": "L9", "L10": "L3", "L11": "L1", "L12": "L12", "L13": "L13", "L14": "L14",
    "L15": "L15", "L16": "L16", "L39": "L39", "L40": "L40", "L41": "L41", "L42": "L42",
}


def run(command, environment=None, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=PATIENCE, env={**os.environ, **(environment or {})}, **more)


def under_dowse(binary, *arguments, options=(), environment=None, **more):
    return run([DOWSE, "exec", *options, binary, *arguments], environment, **more)


def leaks(text):
    """(test, certainty, code) of every finding."""
    return re.findall(r"^--- LEAK: (.+) \((\w+), (L\d+) ", text, re.M)


def without_times(text):
    return re.sub(r"\d+\.\d+s", "TIME", text)


class RowsTest(unittest.TestCase):
    """Every way to leak is found at its own test, and no other test is blamed."""

    def check(self, release, flags=(), cgo=False):
        binary = packages.binary("rows", release, flags, cgo)
        answer = under_dowse(binary)
        self.assertEqual(answer.returncode, 3, answer.stderr)
        self.assertEqual(without_times(answer.stdout), "PASS\n")
        found = {}
        for test, certainty, code in leaks(answer.stderr):
            parent, _, row = test.partition("/")
            self.assertIn(parent, ("TestLeaky", "TestParallelLeaky"), answer.stderr)
            self.assertIn(code, ROWS[row].split(), f"{test} is called {code}")
            self.assertIn(certainty, ("proved", "likely"))
            found.setdefault(parent, set()).add(row)
        for parent in ("TestLeaky", "TestParallelLeaky"):
            missing = set(ROWS) - found.get(parent, set())
            self.assertFalse(missing, f"{release} {parent}: {sorted(missing)} not found")

    def test_worth_a_look(self):
        """One look cannot say whether a crowd would have grown."""
        answer = under_dowse(packages.binary("rows"), "-test.run=Leaky|Fixed|Innocent/^(L17|[0-9]+)$",
                             options=["--fail-on", "suspect"])
        told = [words for words in leaks(answer.stderr) if words[0].endswith("/L17")]
        self.assertEqual(told, [(f"Test{kind}Leaky/L17", "suspect", "L17")
                                for kind in ("", "Parallel")], answer.stderr)

    def test_says_how_to_see_it_alone(self):
        """In which package it is stands in the binary from 1.24 on, and is found out before."""
        for release in ("1.26", "1.19"):
            answer = under_dowse(packages.binary("rows", release), "-test.run=^TestLeaky$/^L6$")
            self.assertIn("alone go test -run '^TestLeaky$/^L6$' -exec 'dowse exec' "
                          "example.com/tests/rows\n", answer.stderr)

    def test_newest(self):
        self.check("1.26")

    def test_newest_stripped(self):
        self.check("1.26", ["-ldflags=-s -w"])  # as `go test` builds it

    def test_oldest_stripped(self):
        self.check("1.19")
        self.check("1.19", ["-ldflags=-s -w"])

    def test_1_22(self):
        self.check("1.22")

    def test_1_27_pie(self):
        self.check("1.27", ["-buildmode=pie"])


class RoundsTest(unittest.TestCase):
    """What grows each time the same tests are run."""

    LEAKY = {"sessions": "L27", "byName": "L27", "shared": "L29", "history": "L26", "chain": "L26"}
    OPEN = {"8 files": "L32", "4 files": "L32", "4 sockets": "L33"}

    def check(self, release, flags=(), cgo=False):
        binary = packages.binary("rounds", release, flags, cgo)
        answer = under_dowse(binary, "-test.count=5",
                             "-test.run=Sessions|Name|Shared|History|Chain|Fixed")
        self.assertEqual((answer.returncode, answer.stdout), (3, "PASS\n"), answer.stderr)
        found = leaks(answer.stderr)
        # Without names a sync.Map of a global may be no more than a global that grows.
        same = {"L29": "L26"} if flags else {}
        self.assertEqual(sorted(same.get(code, code) for _, _, code in found),
                         sorted(same.get(code, code) for code in self.LEAKY.values()),
                         answer.stderr)
        for test, certainty, _ in found:
            self.assertFalse(test.startswith("TestFixed"), answer.stderr)
            self.assertEqual(certainty, "likely")
        if not flags:
            words = re.sub(r"\s+", " ", answer.stderr)
            for name in self.LEAKY:
                self.assertIn(f"example.com/tests/rounds.{name} only grows: ", words)
        self.silent(binary, "-test.count=5", "-test.run=Fixed")
        self.check_open(binary)

    def check_open(self, binary):
        """Descriptors that are held, or were let go of; what holds them grows, too."""
        answer = under_dowse(binary, "-test.count=5", "-test.run=Files|Sockets",
                             options=["--rules", "L32,L33"])
        self.assertEqual(sorted(code for _, _, code in leaks(answer.stderr)),
                         sorted(self.OPEN.values()), answer.stderr)
        for what in self.OPEN:
            self.assertIn(f"    {what} were opened and not closed in 4 more runs of the tests\n",
                          answer.stderr)

    def silent(self, binary, *arguments):
        answer = under_dowse(binary, *arguments)
        self.assertEqual((answer.returncode, answer.stdout, answer.stderr), (0, "PASS\n", ""))

    def test_newest(self):
        self.check("1.27")

    def test_newest_stripped(self):
        self.check("1.26", ["-ldflags=-s -w"])

    def test_1_22(self):
        self.check("1.22")

    def test_oldest(self):
        self.check("1.19")

    def test_twice(self):
        """Then nobody knows whether it goes on."""
        self.silent(packages.binary("rounds"), "-test.count=2")

    def test_named(self):
        """The only test that was run, or the one that fills it."""
        for pattern, name in (("^TestShared$", "TestShared"), ("History|Sessions", "TestHistory")):
            answer = under_dowse(packages.binary("rounds"), f"-test.run={pattern}",
                                 "-test.count=3", "-test.cpu=1,2")
            self.assertIn(name, [test for test, _, _ in leaks(answer.stderr)], answer.stderr)
            self.assertIn(f"alone go test -run '^{name}$' -count 5 -exec 'dowse exec' "
                          "example.com/tests/rounds\n", answer.stderr)


class SameTest(unittest.TestCase):
    """What a test prints, and what it ends with, is as without dowse."""

    @classmethod
    def setUpClass(cls):
        cls.binary = packages.binary("tricks")

    def check(self, name, *arguments, leaky=None):
        words = [f"-test.run=^{name}$", "-test.v", *arguments]
        plain = run([self.binary, *words])
        watched = under_dowse(self.binary, *words)
        wanted = 3 if plain.returncode == 0 and leaky else plain.returncode
        self.assertEqual(watched.returncode, wanted, watched.stderr[-2000:])
        self.assertEqual(without_times(watched.stdout), without_times(plain.stdout))
        self.assertEqual([test for test, _, _ in leaks(watched.stderr)], leaky or [])
        return watched

    def test_passes(self):
        self.check("TestPass")

    def test_fails(self):
        self.check("TestFail")

    def test_leaks(self):
        self.check("TestLeak", leaky=["TestLeak"])

    def test_fails_and_leaks(self):
        self.check("TestFatal", leaky=["TestFatal"])

    def test_panics(self):
        answer = self.check("TestPanic")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("panic: as it should", answer.stdout + answer.stderr)

    def test_killed(self):
        self.assertEqual(self.check("TestCrash").returncode, -signal.SIGKILL)

    def test_exits(self):
        self.assertEqual(self.check("TestExit").returncode, 7)

    def test_exits_well_inside_a_test(self):
        self.check("TestExitWell", leaky=["TestExitWell"])

    def test_hangs(self):
        answer = under_dowse(self.binary, "-test.run=^TestHang$", "-test.timeout=1s")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("panic: test timed out", answer.stderr)
        self.assertEqual(leaks(answer.stderr), [("TestHang", "proved", "L1")])

    def test_children(self):
        self.check("TestChildren")

    def test_tracer(self):
        self.check("TestTrace")

    def test_is_replaced(self):
        answer = self.check("TestReplace")
        self.assertTrue(answer.stdout.endswith("replaced\n"))

    def test_ten_thousand_subtests(self):
        answer = under_dowse(self.binary, "-test.run=^TestMany$")
        self.assertEqual([test for test, _, _ in leaks(answer.stderr)], ["TestMany/7777"])

    def test_stacks_that_grow(self):
        self.check("TestDeep")

    def test_much_output(self):
        words = [self.binary, "-test.run=^TestMuch$"]
        for command in (words, [DOWSE, "exec", *words]):
            with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE) as tool:
                size = 0
                while piece := tool.stdout.read(1 << 20):
                    size += len(piece)
            self.assertEqual((tool.returncode, size), (0, 20000 * 5001 + len("PASS\n")))

    def test_inherits(self):
        """Descriptors, signals, limits, the oom score, folder and words: all as without dowse."""
        words = ["-test.run=^TestInherited$"]
        plain = run([self.binary, *words], stdin=subprocess.DEVNULL)
        watched = under_dowse(self.binary, *words, stdin=subprocess.DEVNULL)
        own = r"/proc/\d+/fd"  # the folder that the test itself has open
        self.assertEqual(re.sub(own, "own", watched.stdout), re.sub(own, "own", plain.stdout))


class KindsTest(unittest.TestCase):
    """Whatever package testing runs is told apart."""

    def test_race(self):
        """
        The detector of races ends the program by itself. Words that it left on its stacks may lead to
        a channel or two, which are not proved then: so there are more of them.
        """
        for name, leaky in (("TestPass", []), ("TestLeaks", ["TestLeaks"])):
            answer = under_dowse(packages.binary("tricks", flags=["-race"], cgo=True),
                                 f"-test.run=^{name}$")
            self.assertEqual([test for test, _, _ in leaks(answer.stderr)], leaky)
            self.assertEqual(answer.returncode, 3 if leaky else 0, answer.stderr)

    def check(self, arguments, leaky, environment=None):
        answer = under_dowse(packages.binary("tricks"), *arguments, environment=environment)
        self.assertEqual({test for test, _, _ in leaks(answer.stderr)}, leaky, answer.stderr)

    def test_benchmark(self):
        self.check(["-test.run=^$", "-test.bench=.", "-test.benchtime=10x"], {"BenchmarkLeak"})

    def test_seeds(self):
        self.check(["-test.run=^Fuzz"], {"FuzzLeak/seed#1"})

    def test_example(self):
        self.check(["-test.run=^Example"], {"Example"})

    def test_main(self):
        """It is not blamed on the tests, though they are run by the same goroutine."""
        self.check(["-test.run=^TestPass|^Example_other"], {"outside of tests"}, {"TRICK": "main"})


class SignalsTest(unittest.TestCase):
    def start(self, name, *options):
        command = [DOWSE, "exec", *options, str(packages.binary("tricks")), f"-test.run=^{name}$"]
        tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, tool)
        self.assertEqual(tool.stdout.readline(), "ready\n")
        return tool

    @staticmethod
    def end(tool):
        if tool.poll() is None:
            tool.kill()
        tool.communicate()

    def test_passed_on(self):
        tool = self.start("TestSignals")
        for number, name in ((signal.SIGUSR1, "user defined signal 1"),
                             (signal.SIGINT, "interrupt"), (signal.SIGTERM, "terminated")):
            tool.send_signal(number)
            self.assertEqual(tool.stdout.readline(), f"got {name}\n")
        self.assertEqual(tool.stdout.read(), "PASS\n")
        self.assertEqual(tool.wait(timeout=PATIENCE), 0)

    def test_dies_as_the_program(self):
        tool = self.start("TestWait")
        tool.send_signal(signal.SIGTERM)
        tool.communicate(timeout=PATIENCE)
        self.assertEqual(tool.returncode, -signal.SIGTERM)

    def test_killed_dowse_holds_up_nobody(self):
        """The program goes on, and its end does not wait for a dowse that is no more."""
        tool = self.start("TestSignals")
        children = f"/proc/{tool.pid}/task/{tool.pid}/children"
        with open(children, encoding="ascii") as file:
            child = int(file.read().split()[0])
        tool.kill()
        tool.wait(timeout=PATIENCE)
        os.kill(child, signal.SIGTERM)
        self.assertEqual(tool.stdout.read(), "got terminated\nPASS\n")
        deadline = time.monotonic() + PATIENCE
        while os.path.exists(f"/proc/{child}/exe") and time.monotonic() < deadline:
            try:
                if os.readlink(f"/proc/{child}/exe") == "":
                    break
            except OSError:
                break
            time.sleep(0.02)
        self.assertLess(time.monotonic(), deadline)


class FacesTest(unittest.TestCase):
    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "new", "leaks")
            under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$", options=["--out", out])
            names = os.listdir(out)
            self.assertEqual(len(names), 1)
            with open(os.path.join(out, names[0]), encoding="utf-8") as file:
                document = json.load(file)
        self.assertEqual([finding["test"] for finding in document["findings"]], ["TestLeak"])

    def test_marked(self):
        answer = under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$",
                             "-test.v=test2json")
        self.assertIn("\x16=== NAME  TestLeak\n--- LEAK: TestLeak ", answer.stderr)

    def test_loop(self):
        """What spins is told by its loop, wherever it is just then."""
        answer = under_dowse(packages.binary("tricks"), "-test.run=^TestSpin$")
        self.assertEqual(leaks(answer.stderr), [("TestSpin", "likely", "L9")])
        self.assertRegex(answer.stderr, r"\n    at +tricks_test.go:\d+ +example.com/tests/tricks.spin\n")

    def test_context_of_test(self):
        for flags in ((), ("-ldflags=-s -w",)):
            answer = under_dowse(packages.binary("tricks", flags=flags),
                                 "-test.run=^TestHandedT$|^TestLater$")
            self.assertEqual((answer.returncode, leaks(answer.stderr)), (0, []))

    def test_in_use(self):
        """Of what each test begins anew the last one is still in use."""
        for flags in ((), ("-ldflags=-s -w",)):
            answer = under_dowse(packages.binary("tricks", flags=flags), "-test.run=^TestCollector")
            self.assertEqual(leaks(answer.stderr), [("TestCollectorOne", "likely", "L9")])

    def test_levels(self):
        for level, status in (("never", 0), ("proved", 3), ("likely", 3)):
            answer = under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$",
                                 options=["--fail-on", level])
            self.assertEqual(answer.returncode, status, level)

    def test_left(self):
        """What may well end is told to who asks for it alone."""
        words = [packages.binary("tricks"), "-test.run=^TestLeft$|^TestPass$|^TestNotify$"]
        answer = under_dowse(*words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        answer = under_dowse(*words, options=["--fail-on", "left"])
        self.assertEqual(answer.returncode, 3, answer.stderr)
        self.assertEqual(re.findall(r"^--- LEFT: (.+)$", answer.stderr, re.M), ["TestLeft"])
        answer = under_dowse(*words, options=["--fail-on", "left", "--ignore-top", "time.Sleep"])
        self.assertEqual((answer.returncode, answer.stderr), (0, "on the other\n"))

    def test_background(self):
        """What the standard library keeps running is nobody's leak; to who asks it is what is left."""
        binary = packages.binary("background")
        answer = under_dowse(binary)
        self.assertEqual((answer.returncode, answer.stdout, answer.stderr), (0, "PASS\n", ""))
        text = under_dowse(binary, options=["--fail-on", "left"]).stderr
        left = set(re.findall(r"^--- LEFT: (?:TestBackground/)?(.+)$", text, re.M))
        self.assertEqual(left, {
            "signal.NotifyContext", "http_idle_connection", "http_server_of_the_package",
            "os/exec_with_a_context", "os/exec_with_output", "database_of_the_package",
            "time.Ticker_of_the_package", "worker_of_the_package", "reads_from_a_pipe",
            "context_of_(the)_package_1.5", "outside of tests"}, text)
        self.assertEqual(text.count("still there"), 8, text)
        self.assertRegex(text, r"\ndowse: 0 leaks, 1\d left in .*; --all shows each in full\n$")
        answer = under_dowse(binary, "-test.run=Background/context", options=["--fail-on", "left"])
        self.assertIn(r"-run '^TestBackground$/^context_of_\(the\)_package_1\.5$'", answer.stderr)
        text = under_dowse(binary, options=["--fail-on", "left", "--all"]).stderr
        self.assertGreater(text.count("still there"), 8, text)

    def test_ignored(self):
        for option, status in ((["--ignore-any", "example.com/tests/tricks.leak.*"], 0),
                               (["--ignore-top", "example.com/tests/tricks.leak*"], 0),
                               (["--ignore-any", "example.com/tests/tricks.Test*"], 3)):
            answer = under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$", options=option)
            self.assertEqual(answer.returncode, status, option)

    def test_too_little_memory(self):
        """Who looks at nothing may not look as if nothing were there."""
        answer = under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$",
                             options=["--max-memory", "1MB"])
        self.assertIn("dowse: warning: not all that has leaked is known: ", answer.stderr)

    def test_suppressed(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("L3 example.com/tests/tricks.leak.* -- as it should\n")
            file.flush()
            answer = under_dowse(packages.binary("tricks"), "-test.run=^TestLeak$",
                                 options=["--suppress", file.name])
        self.assertEqual((answer.returncode, leaks(answer.stderr)), (0, []))

    def test_no_such_program(self):
        answer = run([DOWSE, "exec", "./is-not-there"])
        self.assertEqual(answer.returncode, 1)
        self.assertIn("cannot start ./is-not-there", answer.stderr)

    def test_no_go(self):
        answer = run([DOWSE, "exec", "/bin/true"])
        self.assertEqual(answer.returncode, 1, answer.stderr)
        answer = run([DOWSE, "exec", "--if-possible", "/bin/true"])
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("warning", answer.stderr)


if __name__ == "__main__":
    unittest.main()
