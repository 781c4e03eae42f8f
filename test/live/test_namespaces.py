# SPDX-License-Identifier: Apache-2.0
"""
Processes that live in worlds of their own, as in containers, looked at from outside: the first
process of a PID namespace, another network, another time, another root.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import judge  # noqa: E402
import program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
# In seconds: months.
OFFSET = 9_000_000
# A network namespace begins with a loopback interface that is down, which the program needs.
LOOPBACK = """
import fcntl, os, socket, struct, sys
request = struct.pack("16sh14x", b"lo", 1 | 64)
fcntl.ioctl(socket.socket(), 0x8914, request)
os.execv(sys.argv[1], sys.argv[1:])
"""
UP = [sys.executable, "-c", LOOPBACK]


def children(pid):
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            continue
    return found


class Contained(program.Controlled):
    """A program behind another one, as unshare, whose PID is not what it takes for it."""

    def __init__(self, wrapper, command, **options):
        super().__init__(wrapper + command, **options)
        self.inner_pid, self.pid = self.pid, self.process.pid
        name = os.path.basename(command[0])[:15]
        while True:
            with open(f"/proc/{self.pid}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    return
            self.pid, = children(self.pid)


class Namespaces(unittest.TestCase):
    def dowse(self, *words, before=()):
        for _ in range(10):
            answer = subprocess.run([*before, DOWSE, *map(str, words), "--format", "json"],
                                    capture_output=True, check=False, timeout=120)
            # What a machine that has other work may be told: it is left alone.
            if b"overloaded" not in answer.stderr:
                break
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)

    def look(self, wrapper, command, inner_pid=None, still=300):
        """What stands still is told as the runtime tells it; a stop and a fork do no harm."""
        with Contained(wrapper, command) as target:
            own = children(target.pid)  # a program that it has started
            if inner_pid:
                self.assertEqual(target.inner_pid, inner_pid)
            self.assertNotEqual(target.pid, target.process.pid if "-f" in wrapper else 0)
            verdict = judge.judge(target.dump, [DOWSE], target.pid, quiet=True)
            self.assertGreater(verdict.still, still)
            self.assertGreaterEqual(verdict.per_mille(), 999, judge.summary(verdict))
            self.assertEqual(self.dowse("goroutines", target.pid)["target"]["pid"], target.pid)
            self.check_fork(target, own)

    def check_fork(self, target, own):
        for _ in range(10):
            process = self.dowse("doctor", target.pid, "--measure")["process"]
            problems = [process[what]["problem"] for what in ("stop", "fork")]
            if not any(problem and "overloaded" in problem for problem in problems):
                break
        self.assertEqual(problems, [None, None])
        self.assertGreater(process["fork"]["pause_ms"], 0)
        self.assertEqual(children(target.pid), own)
        self.assertEqual(target.ask("gc"), "")
        with open(f"/proc/{target.pid}/status", encoding="ascii") as status:
            self.assertIn("TracerPid:\t0\n", status.read())

    def zoo(self):
        return build.build("1.26", "stripped", "zoo")

    def test_first_of_a_pid_namespace(self):
        self.look(["unshare", "-p", "-f", "--kill-child", "--mount-proc"], self.zoo(), inner_pid=1)

    def test_network(self):
        self.look(["unshare", "-n", "-f", "--kill-child", *UP], self.zoo())

    def test_user(self):
        self.look(["unshare", "-U", "-r", "-f", "--kill-child"], self.zoo())

    def test_all_at_once(self):
        self.look(["unshare", "-p", "-n", "-m", "-i", "-u", "-C", "-T", "--monotonic", str(OFFSET),
                   "-f", "--kill-child", "--mount-proc", *UP], self.zoo(), inner_pid=1)

    def test_chroot(self):
        # Unlike the zoo it needs no other program there.
        command = build.build("1.26", "stripped", "waits")
        with tempfile.TemporaryDirectory() as root:
            shutil.copy(command[0], os.path.join(root, "waits"))
            self.look(["chroot", root], ["/waits"] + command[1:], still=15)

    def check_times(self, target, before=()):
        """Waits and timers are told in the time that the process lives in."""
        deadline = time.monotonic() + 60
        while True:
            found = self.dowse("goroutines", target.pid, "--all", before=before)["goroutines"]
            sleepers = [one["waiting_for"]["wakes_in_ms"] for one in found
                        if (one["waiting_for"] or {}).get("wakes_in_ms") is not None]
            waits = [one["wait_s"] for one in found if one["wait_s"] is not None]
            if waits or time.monotonic() > deadline:
                break
            target.ask("gc")
        self.assertTrue(sleepers)
        self.assertTrue(waits)
        # It sleeps for two hours, and everything began a moment ago.
        self.assertTrue(all(0 < left <= 7_200_000 for left in sleepers), sleepers)
        self.assertTrue(any(left > 7_000_000 for left in sleepers), sleepers)
        self.assertTrue(all(0 <= wait < 300 for wait in waits), waits)
        uptime = self.dowse("info", target.pid, before=before)["target"]["uptime_s"]
        self.assertTrue(0 <= uptime < 300, uptime)

    def test_time(self):
        command = build.build("1.26", "stripped", "waits")
        other = ["unshare", "-T", "--monotonic", str(OFFSET), "--boottime", str(OFFSET), "-f",
                 "--kill-child"]
        with Contained(other, command) as target:
            self.check_times(target)
            self.check_times(target, before=other)
        with program.Controlled(command) as target:
            self.check_times(target, before=other)
        self.look(other, self.zoo())


if __name__ == "__main__":
    unittest.main()
