# SPDX-License-Identifier: Apache-2.0
"""
Somebody has taken over dowse's worker. Each thing that is not for it to do is refused or ends it,
and each is done unconfined too, where something else must come of it: a test whose attempt fails
anyway would show nothing.
"""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

TAKEOVER = Path(os.environ.get("BUILD_DIR", "build")).resolve() / "test/confine/dowse-takeover"
TIMEOUT = 60

REFUSED = ("EPERM", "EACCES", "ENOSYS")
ENDED = "tried what it may not (SIGSYS)"
BROKE_RULES = "broke the rules"

# Those whose end is the right answer: nothing in dowse comes near them.
DEADLY = (
    "socket unix-socket connect exec execveat fork clone ptrace process_vm_writev mount chroot "
    "unshare setns bpf perf keyctl io_uring userfaultfd setuid capset personality old-numbers "
    "x32-numbers"
).split()

# What must succeed unconfined when it is root who tries: that the rest fails differently will do.
FAIL_ANYWAY = (
    "connect execveat process_vm_readv mount setns type other-message x32-numbers perf "
    "read-shadow io_uring bpf keyctl userfaultfd filter limits"
).split()


class Attack(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "secret").write_text("for nobody\n")
        (self.folder / "prey").write_text("prey\n")
        (self.folder / "link").symlink_to("secret")
        (self.folder / "nowhere-else").mkdir()
        self.target, self.other = self.sleeper(), self.sleeper()

    def sleeper(self):
        process = subprocess.Popen(["sleep", "600"], cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_verb(self, verb, attempt, **more):
        environment = {**os.environ, "TAKEOVER_PID": str(self.other.pid),
                       "TAKEOVER_FOLDER": str(self.folder), **more}
        if verb == "free":
            environment["TAKEOVER_FREE"] = "1"
        return subprocess.run(
            [TAKEOVER, verb, str(self.target.pid), attempt], timeout=TIMEOUT, cwd=self.folder,
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8")

    def outcome(self, answer):
        """What came of it, in a word."""
        if answer.returncode == 0:
            return answer.stdout.strip()
        self.assertEqual(answer.returncode, 1, answer)
        self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
        return answer.stderr

    def files(self):
        return {path.name: path.read_bytes() if path.is_file() else b""
                for path in self.folder.iterdir()}

    def attempts(self):
        names = self.run_verb("free", "list").stdout.split()
        self.assertGreater(len(names), 60)
        return names


class Attempts(Attack):
    def test_each_is_refused(self):
        for attempt in self.attempts():
            if attempt == "crash":
                continue
            with self.subTest(attempt):
                before = self.files()
                outcome = self.outcome(self.run_verb("takeover", attempt))
                if attempt in DEADLY:
                    self.assertIn(ENDED, outcome)
                else:
                    self.assertIn(outcome, REFUSED)
                self.assertEqual(before, self.files())
                for process in (self.target, self.other):
                    self.assertIsNone(process.poll())

    def test_each_would_be_noticed(self):
        for attempt in self.attempts():
            if attempt in ("crash", "list"):
                continue
            with self.subTest(attempt):
                self.doCleanups()
                self.setUp()
                answer = self.run_verb("free", attempt)
                self.assertEqual(answer.returncode, 0, answer)
                outcome = answer.stdout.strip()
                if attempt in FAIL_ANYWAY:
                    self.assertTrue(attempt in DEADLY or outcome not in REFUSED, outcome)
                elif os.geteuid() == 0:
                    self.assertEqual(outcome, "done")
                elif attempt not in DEADLY:
                    self.assertNotIn(outcome, REFUSED)

    def test_a_crash_is_one_line(self):
        self.assertIn("has crashed (SIGSEGV)", self.outcome(self.run_verb("takeover", "crash")))


class Broker(Attack):
    def test_garbage_ends_the_worker(self):
        for attack in ("short", "long", "unknown", "endless-path", "ready-again", "descriptors",
                       "flood"):
            with self.subTest(attack):
                self.assertIn(BROKE_RULES, self.outcome(self.run_verb("takeover", attack)))

    def test_any_request_of_the_right_form_is_answered(self):
        for seed in range(5):
            with self.subTest(seed=seed):
                answer = self.run_verb("takeover", "random", TAKEOVER_SEED=str(seed))
                self.assertEqual((answer.returncode, answer.stdout), (0, "answered\n"), answer)

    def test_others_are_not_held(self):
        for attack in ("stop-other", "fork-other"):
            with self.subTest(attack):
                outcome = self.outcome(self.run_verb("takeover", attack))
                self.assertIn("not asked for", outcome)
                status = Path(f"/proc/{self.other.pid}/status").read_text()
                self.assertIn("TracerPid:\t0\n", status)


if __name__ == "__main__":
    unittest.main()
