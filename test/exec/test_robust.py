#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`dowse exec` where something is in its way: what may not be traced, signals, one processor, ends."""

import ctypes
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import packages  # noqa: E402
from test_exec import DOWSE, PATIENCE, leaks, run, under_dowse, without_times  # noqa: E402

CALL_PTRACE, CALL_MEMFD = 101, 319


def tricks():
    return packages.binary("tricks")


def plain():
    return packages.binary("plain", program=True)


# A sanitizer's search for leaks traces its own process: it cannot where nothing may be traced.
UNTRACED = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def refuse(*numbers):
    """In a new process: these system calls are not permitted from now on, as in many a container."""
    load, equal, give = 0x20, 0x15, 0x06
    code = [(load, 0, 0, 0)]
    for i, number in enumerate(numbers):
        code.append((equal, len(numbers) - i, 0, number))
    code += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050001)]  # allow; EPERM
    packed = b"".join(struct.pack("HBBI", *line) for line in code)
    text = ctypes.create_string_buffer(packed)
    program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


class RefusedTest(unittest.TestCase):
    """Where nothing may be traced a line says so, or it runs as without dowse."""

    def check(self, *numbers):
        words = [tricks(), "-test.run=^TestPass$"]
        answer = under_dowse(*words, environment=UNTRACED, preexec_fn=lambda: refuse(*numbers))
        self.assertEqual((answer.returncode, answer.stdout), (1, ""), answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1)
        answer = under_dowse(*words, options=["--if-possible"],
                             environment=UNTRACED, preexec_fn=lambda: refuse(*numbers))
        self.assertEqual((answer.returncode, answer.stdout), (0, "on standard output\nPASS\n"))
        warning, *others = answer.stderr.splitlines()
        self.assertTrue(warning.startswith("dowse: warning: it runs unwatched: "), warning)
        self.assertEqual(others, ["on the other"])

    def test_ptrace(self):
        self.check(CALL_PTRACE)

    def test_memory(self):
        self.check(CALL_MEMFD)

    def test_says_what_to_allow(self):
        answer = under_dowse(tricks(), environment=UNTRACED, preexec_fn=lambda: refuse(CALL_PTRACE))
        self.assertIn("--cap-add=SYS_PTRACE", answer.stderr)

    def test_inherits(self):
        """No descriptor more than without dowse."""
        words = [tricks(), "-test.run=^TestInherited$"]
        watched = under_dowse(*words, options=["--if-possible"], stdin=subprocess.DEVNULL,
                             environment=UNTRACED, preexec_fn=lambda: refuse(CALL_PTRACE))
        bare = run(words, UNTRACED, stdin=subprocess.DEVNULL,
                   preexec_fn=lambda: refuse(CALL_PTRACE))
        own = r"/proc/\d+/fd"
        self.assertEqual(re.sub(own, "own", watched.stdout), re.sub(own, "own", bare.stdout))

    def test_status(self):
        for name, status in (("TestExit", 7), ("TestCrash", -signal.SIGKILL)):
            answer = under_dowse(tricks(), f"-test.run=^{name}$", options=["--if-possible"],
                             environment=UNTRACED, preexec_fn=lambda: refuse(CALL_PTRACE))
            self.assertEqual(answer.returncode, status)

    def test_at_its_end(self):
        """The program itself has closed the way."""
        def may_not_trace_all():
            ctypes.CDLL(None).prctl(24, 19, 0, 0, 0)  # of root; others may not anyway
        words = [tricks(), "-test.run=^TestUndumpable$"]
        answer = under_dowse(*words, environment=UNTRACED, preexec_fn=may_not_trace_all)
        self.assertEqual((answer.returncode, answer.stdout), (1, "PASS\n"), answer.stderr)
        self.assertIn("what has leaked is not known", answer.stderr)
        answer = under_dowse(*words, options=["--if-possible"], environment=UNTRACED,
                             preexec_fn=may_not_trace_all)
        self.assertEqual((answer.returncode, answer.stdout), (0, "PASS\n"), answer.stderr)
        self.assertRegex(answer.stderr, "^dowse: warning: at its end: what has leaked is not known: ")

    def test_in_the_program_alone(self):
        """A program that may not trace is traced all the same."""
        answer = under_dowse(tricks(), "-test.run=^TestLeak$")
        self.assertEqual(answer.returncode, 3)


class EndsTest(unittest.TestCase):
    def test_aborts(self):
        words = ["-test.run=^TestAbort$"]
        bare, watched = run([tricks(), *words]), under_dowse(tricks(), *words)
        self.assertEqual(watched.returncode, bare.returncode)
        self.assertEqual(without_times(watched.stdout), without_times(bare.stdout))
        self.assertIn("SIGABRT: abort", watched.stderr)

    def test_before_its_first_instruction(self):
        """A library is missing: the loader's word and status, not dowse's."""
        with tempfile.TemporaryDirectory() as folder:
            library, program = f"{folder}/libgone.so", f"{folder}/program"
            compiler = shutil.which("gcc") or shutil.which("clang")
            for words, source in ((["-shared", "-o", library], "int gone;"),
                                  (["-o", program, "-Wl,--no-as-needed", library], "int main(void){}")):
                file = Path(folder) / "source.c"
                file.write_text(source)
                subprocess.run([compiler, str(file), *words], check=True, timeout=PATIENCE)
            os.remove(library)
            bare, watched = run([program]), under_dowse(program)
        self.assertEqual((watched.returncode, watched.stderr), (bare.returncode, bare.stderr))
        self.assertEqual(bare.returncode, 127)

    def test_the_first_end_counts(self):
        """While it is looked at somebody else ends the program, too, with another status."""
        answer = under_dowse(tricks(), "-test.run=^TestPass$", options=["--fail-on", "left"],
                             environment={"TRICK": "second"})
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def test_wrong_use(self):
        """Also where nobody is left."""
        for options in (["--rules", "L999"], ["--suppress", "/is-not-there"]):
            answer = under_dowse(tricks(), "-test.run=^TestPass$", options=options)
            self.assertIn(answer.returncode, (1, 2), answer.stderr)
            self.assertEqual((answer.stdout, len(answer.stderr.splitlines())), ("", 1))


class LeftTest(unittest.TestCase):
    def left(self, name, environment=None, status=3):
        answer = under_dowse(tricks(), f"-test.run=^{name}$", options=["--fail-on", "left"],
                             environment=environment)
        self.assertEqual(answer.returncode, status, answer.stderr)
        return answer.stderr

    def test_many(self):
        """So many are a suspicion of its own, which is not told; and left all the same."""
        text = self.left("TestCrowd")
        self.assertIn("--- LEFT: TestCrowd\n    1,200 goroutines are still there", text)

    def test_one_processor(self):
        """Whoever had no chance to end is not held against the test; but a leak is."""
        # It may have run by chance, and then nobody is left.
        self.assertNotIn("LEFT", self.left("TestReady", {"GOMAXPROCS": "1"}, 0))
        text = self.left("TestLeft", {"GOMAXPROCS": "1"}, 0)
        self.assertNotIn("LEFT", text)
        self.assertIn("warning: what tests have left is not known: under GOMAXPROCS=1", text)
        self.assertEqual(leaks(self.left("TestLeak$|^TestBrief", {"GOMAXPROCS": "1"})),
                         [("TestLeak", "proved", "L3")])

    def test_every(self):
        """What a look meanwhile finds is about to end."""
        answer = under_dowse(tricks(), "-test.run=^TestBrief$",
                             options=["--fail-on", "left", "--every", "100ms"])
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        answer = under_dowse(tricks(), "-test.run=^TestLeak$|^TestBrief$", options=["--every", "100ms"])
        self.assertEqual(answer.returncode, 3)
        self.assertEqual(set(leaks(answer.stderr)), {("TestLeak", "proved", "L3")})


class PlainTest(unittest.TestCase):
    def start(self, *options):
        tool = subprocess.Popen([DOWSE, "exec", *options, "--", str(plain()), "serve"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, tool)
        self.assertEqual(tool.stdout.readline(), b"ready\n")
        return tool

    @staticmethod
    def end(tool):
        if tool.poll() is None:
            tool.kill()
        tool.communicate()

    def test_end(self):
        answer = under_dowse(plain())
        self.assertEqual(answer.returncode, 3, answer.stderr)
        self.assertIn("proved  a goroutine sends on a channel that nobody can receive from",
                      answer.stderr)

    def test_ignored(self):
        answer = under_dowse(plain(), options=["--ignore-top", "main.work"])
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("1 ignored", answer.stderr)

    def test_before_a_signal(self):
        tool = self.start()
        tool.send_signal(signal.SIGTERM)
        out, told = tool.communicate(timeout=PATIENCE)
        self.assertEqual(out, b"terminated\n")
        self.assertIn(b"nobody can receive from", told)
        self.assertEqual(tool.returncode, 3)

    def test_every(self):
        tool = self.start("--every", "200ms")
        told = b""
        while told.count(b"nobody can receive from") < 3:  # the third look: of the second it may be a part
            ready, _, _ = select.select([tool.stderr], [], [], PATIENCE)
            self.assertTrue(ready, told)
            piece = os.read(tool.stderr.fileno(), 1 << 16)
            self.assertTrue(piece, told)
            told += piece
        tool.send_signal(signal.SIGTERM)
        tool.communicate(timeout=PATIENCE)
        self.assertEqual(tool.returncode, 3)

    def test_out(self):
        with tempfile.TemporaryDirectory() as folder:
            under_dowse(plain(), options=["--out", folder])
            under_dowse(tricks(), "-test.run=^TestPass$", options=["--out", folder])
            under_dowse(tricks(), "-test.run=^TestLeak$", options=["--out", folder])
            answer = run([DOWSE, "report", folder, "--format", "json"])
            self.assertEqual(answer.returncode, 3)
            document = json.loads(answer.stdout)
        self.assertEqual(sorted((one["package"] or "", one["finding_count"])
                                for one in document["processes"]),
                         [("", 1), ("example.com/tests/tricks", 0), ("example.com/tests/tricks", 1)])


class TerminalTest(unittest.TestCase):
    """Ctrl-C reaches the program once, and what it ends with is told."""

    def interrupted(self, command):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        out, status, deadline = b"", None, time.monotonic() + PATIENCE
        sent = False
        while status is None and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    out += os.read(terminal, 4096)
                except OSError:
                    pass  # nobody has it open any more
            if b"ready" in out and not sent:
                os.write(terminal, b"\x03")
                sent = True
            ended, code = os.waitpid(child, os.WNOHANG)
            status = code if ended else None
        if status is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(terminal)
        return status, out.count(b"got interrupt")

    def test_dies(self):
        words = [str(tricks()), "-test.run=^TestWait$"]
        self.assertEqual(self.interrupted([DOWSE, "exec", *words]), self.interrupted(words))

    def test_is_told_once(self):
        words = [str(tricks()), "-test.run=^TestInterrupted$"]
        bare = self.interrupted(words)
        self.assertEqual(bare, (0, 1))
        self.assertEqual(self.interrupted([DOWSE, "exec", *words]), bare)


if __name__ == "__main__":
    unittest.main()
