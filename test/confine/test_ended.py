# SPDX-License-Identifier: Apache-2.0
"""One of dowse's two processes dies: the other says so or follows, and the target is unharmed."""

import ctypes
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
TIMEOUT = 60
TIMES = 20
OLD = "what was there\n"


def worker_of(pid):
    """The only child that dowse has, or None."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def await_worker(dowse):
    for _ in range(20000):
        worker = worker_of(dowse.pid)
        if worker or dowse.poll() is not None:
            return worker
        time.sleep(0.0001)
    return None


def is_alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


class Ended(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = program.Controlled([*build.build("1.26", "stripped", "crowd"), "-n", "5000"])

    @classmethod
    def tearDownClass(cls):
        cls.program.stop()

    def start(self, *arguments):
        return subprocess.Popen([DOWSE, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")

    def took(self, *arguments):
        began = time.monotonic()
        dowse = self.start(*arguments)
        dowse.communicate(timeout=TIMEOUT)
        self.assertEqual(dowse.returncode, 0)
        return time.monotonic() - began

    def check_target(self):
        pid = self.program.pid
        status = Path(f"/proc/{pid}/status").read_text()
        self.assertIn("TracerPid:\t0\n", status)
        self.assertNotIn("State:\tT", status)
        self.assertTrue(self.program.ask("ticks 10"))
        # A fork of it would be its child.
        left = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.assertEqual([child for child in left if is_alive(child)], [])

    def end_workers(self, number, *arguments):
        """How often one was ended before it was done."""
        moments = random.Random(number)
        took = self.took(*arguments)
        cut = 0
        for _ in range(TIMES):
            dowse = self.start(*arguments)
            worker = await_worker(dowse)
            time.sleep(moments.uniform(0, took))
            try:
                if worker:
                    os.kill(worker, number)
            except ProcessLookupError:
                pass
            out, errors = dowse.communicate(timeout=TIMEOUT)
            if dowse.returncode == 0:
                continue
            cut += 1
            if not SANITIZED:
                self.assertEqual(dowse.returncode, 1, errors)
                self.assertEqual(errors.count("\n"), 1, errors)
                self.assertIn(number.name, errors)
            self.check_target()
        return cut

    def check_file_stays(self, number):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "result.json"
            path.write_text(OLD)
            cut = self.end_workers(number, "goroutines", str(self.program.pid), "--format", "json",
                                   "-o", str(path))
            self.assertEqual(os.listdir(folder), ["result.json"])
            if path.read_text() != OLD:
                json.loads(path.read_text())
        self.assertGreater(cut, 3)

    def test_a_crash(self):
        self.check_file_stays(signal.SIGSEGV)

    def test_a_kill(self):
        self.check_file_stays(signal.SIGKILL)

    def test_a_crash_beside_a_fork(self):
        cut = self.end_workers(signal.SIGSEGV, "doctor", str(self.program.pid), "--measure")
        self.assertGreater(cut, 3)

    def test_a_kill_beside_a_fork(self):
        cut = self.end_workers(signal.SIGKILL, "doctor", str(self.program.pid), "--measure")
        self.assertGreater(cut, 3)

    def test_the_worker_does_not_outlive_dowse(self):
        moments = random.Random(1)
        arguments = ("goroutines", str(self.program.pid))
        took = self.took(*arguments)
        ended = 0
        for _ in range(TIMES):
            dowse = self.start(*arguments)
            worker = await_worker(dowse)
            time.sleep(moments.uniform(0, took))
            dowse.kill()
            dowse.communicate(timeout=TIMEOUT)
            ended += dowse.returncode == -signal.SIGKILL
            deadline = time.monotonic() + 10
            while worker and is_alive(worker) and time.monotonic() < deadline:
                time.sleep(0.001)
            self.assertFalse(worker and is_alive(worker))
            self.check_target()
        self.assertGreater(ended, 3)

    def test_what_the_worker_has(self):
        dowse = self.start("goroutines", str(self.program.pid), "--all", "--format", "json")
        # It waits to write, since nobody reads.
        worker = await_worker(dowse)
        deadline = time.monotonic() + TIMEOUT
        while "State:\tS" not in self.status(worker) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        status = self.status(worker)
        limits = Path(f"/proc/{worker}/limits").read_text()
        opened = {os.readlink(path) for path in Path(f"/proc/{worker}/fd").iterdir()}
        dowse.communicate(timeout=TIMEOUT)
        self.assertEqual(dowse.returncode, 0)
        for line in ("NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000",
                     "CapPrm:\t0000000000000000", "CapInh:\t0000000000000000",
                     "CapAmb:\t0000000000000000"):
            self.assertIn(line + "\n", status)
        if os.geteuid() == 0:
            self.assertIn("CapBnd:\t0000000000000000\n", status)
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertIn("/dev/null", opened)

    def status(self, pid):
        return Path(f"/proc/{pid}/status").read_text()

    def test_the_sandbox_can_be_required(self):
        dowse = self.start("info", str(self.program.pid), "--require-sandbox")
        _, errors = dowse.communicate(timeout=TIMEOUT)
        self.assertEqual((dowse.returncode, errors), (0, ""))


def forbid_filters():
    """For the child to come: it may install no filter, as in a kernel that has none."""
    load, jump_equal, answer = 0x20, 0x15, 0x06
    prctl, seccomp = 157, 317
    refuse, allow = 0x00050000 | 22, 0x7FFF0000
    program = [
        (load, 0, 0, 0),
        (jump_equal, 0, 1, seccomp), (answer, 0, 0, refuse),
        (jump_equal, 0, 3, prctl), (load, 0, 0, 16), (jump_equal, 0, 1, 22), (answer, 0, 0, refuse),
        (answer, 0, 0, allow),
    ]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    pointer = ctypes.create_string_buffer(header)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(pointer), 0, 0):
        os._exit(111)


class Unconfined(unittest.TestCase):
    def look(self, *arguments):
        with program.Controlled(build.build("1.26", "stripped", "zoo")) as target:
            return subprocess.run(
                [DOWSE, "goroutines", str(target.pid), *arguments], preexec_fn=forbid_filters,
                timeout=TIMEOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, encoding="utf-8")

    def test_it_is_said_once(self):
        answer = self.look()
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("goroutines in", answer.stdout)
        self.assertEqual(answer.stderr.count("\n"), 1)
        self.assertIn("cannot confine itself here", answer.stderr)

    def test_it_is_refused(self):
        answer = self.look("--require-sandbox")
        self.assertEqual((answer.returncode, answer.stdout), (1, ""))
        self.assertEqual(answer.stderr.count("\n"), 1)
        self.assertIn("--require-sandbox", answer.stderr)


if SANITIZED:
    # There the worker is a process of its own, but confined in nothing; and a sanitizer that is
    # told of a fault while it holds its own locks waits for itself.
    del Ended.test_what_the_worker_has, Ended.test_a_crash, Ended.test_a_crash_beside_a_fork
    del Unconfined


if __name__ == "__main__":
    unittest.main()
