# SPDX-License-Identifier: Apache-2.0
"""Whatever ends dowse while it writes: no half file under the final name, no harmed target."""

import os
import random
import resource
import signal
import subprocess
import tempfile
import time
import unittest

from common import DOWSE, build, dowse, program, state_of

MOMENTS = int(os.environ.get("DOWSE_TEST_MOMENTS", "60"))
SEED = 20260101


class Interrupted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = build.build("1.26", "stripped", "keeper")
        cls.target = program.Controlled([*command, "-objects", "100000", "-goroutines", "300"])
        cls.addClassCleanup(cls.target.stop)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            dowse("snapshot", cls.target.pid, "-o", folder + "/whole")
            cls.size = os.stat(folder + "/whole").st_size
        cls.took = time.monotonic() - began
        cls.random = random.Random(SEED)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "shop.dowse")

    def check_target(self, zombies=False):
        """It runs, nobody traces it, it has no children. SIGKILL leaves it the zombie of the fork,
        which the next look at it takes away: nobody else can."""
        deadline = time.monotonic() + 30
        while True:
            state, tracer, children = state_of(self.target.pid)
            if zombies:
                children = [one for one in children if self.is_alive(one)]
            if state in "SR" and not tracer and not children:
                break
            self.assertLess(time.monotonic(), deadline, (state, tracer, children))
            time.sleep(0.02)
        self.assertIn("goroutine", self.target.ask("dump"))

    @staticmethod
    def is_alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                return stat.read().rsplit(") ", 1)[1][0] not in "ZX"
        except OSError:
            return False

    def check_files(self):
        """Nothing, or the whole file: what stands there is opened."""
        names = os.listdir(self.folder.name)
        self.assertLessEqual(set(names), {"shop.dowse"})
        if names:
            answer = dowse("goroutines", self.file, "--format", "json")
            self.assertNotIn(b"has no end", answer)
            os.unlink(self.file)
        return bool(names)

    def interrupt(self, number, zombies):
        ended = 0
        for _ in range(MOMENTS):
            process = subprocess.Popen([DOWSE, "snapshot", str(self.target.pid), "-o", self.file],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Over all of its life, with some after its end.
            time.sleep(self.random.uniform(0, self.took * 1.1))
            process.send_signal(number)
            process.wait(60)
            ended += not self.check_files()
            self.check_target(zombies)
        self.assertGreater(ended, MOMENTS // 10, "it was hardly ever in time")

    def test_sigterm(self):
        self.interrupt(signal.SIGTERM, zombies=False)

    def test_sigint(self):
        self.interrupt(signal.SIGINT, zombies=False)

    def test_sigkill(self):
        self.interrupt(signal.SIGKILL, zombies=True)
        dowse("snapshot", self.target.pid, "-o", self.file)
        self.check_target(zombies=False)

    def test_full_disk(self):
        for _ in range(MOMENTS):
            limit = self.random.randrange(0, self.size)
            answer = subprocess.run(
                [DOWSE, "snapshot", str(self.target.pid), "-o", self.file],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300, check=False,
                preexec_fn=lambda most=limit: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                 (most, most)))
            self.assertEqual(answer.returncode, 1)
            self.assertEqual(answer.stderr.count(b"\n"), 1)
            self.assertIn(b"shop.dowse", answer.stderr)
            self.assertEqual(os.listdir(self.folder.name), [])
            self.check_target()

    def test_closed_pipe(self):
        for _ in range(MOMENTS):
            process = subprocess.Popen([DOWSE, "snapshot", str(self.target.pid), "-o", "-"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            process.stdout.read(self.random.randrange(0, self.size // 2))
            process.stdout.close()
            self.assertEqual(process.wait(60), 1)
            self.check_target()

    def test_slow_reader(self):
        """The fork does not wait for whoever reads."""
        process = subprocess.Popen([DOWSE, "snapshot", str(self.target.pid), "-o", "-"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        head = process.stdout.read(8)
        # Nothing more is read until the fork is gone.
        self.check_target()
        rest = process.stdout.read()
        self.assertEqual(process.wait(60), 0)
        process.stdout.close()
        process.stderr.close()
        with open(self.file, "wb") as file:
            file.write(head + rest)
        self.assertTrue(self.check_files())

    def test_no_room_for_a_slow_reader(self):
        """Without a spool memory takes 32 MiB, more than this: so a spool that is full at once."""
        limit = 1 << 16
        process = subprocess.Popen(
            [DOWSE, "snapshot", str(self.target.pid), "-o", "-", "--spool", self.folder.name],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        head = process.stdout.read(8)
        self.check_target()
        rest, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"is incomplete", said)
        with open(self.file, "wb") as file:
            file.write(head + rest)
        answer = dowse("info", self.file, "--format", "json", status=None)
        if answer:
            self.assertIn(b"too slow", answer)
        os.unlink(self.file)

    def test_target_ends(self):
        """What was read until then is there, under a name that says so, and can be looked at."""
        command = build.build("1.26", "stripped", "keeper")
        partial = self.file + ".partial"
        for attempt in range(10):
            with program.Controlled([*command, "-objects", "3000000"]) as target:
                process = subprocess.Popen([DOWSE, "snapshot", str(target.pid), "-o", self.file],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                while process.poll() is None and not state_of(target.pid)[2]:
                    time.sleep(0.001)
                # Later each time: first the goroutines are looked through.
                time.sleep(0.05 * attempt)
                os.kill(target.pid, signal.SIGKILL)
                said = process.communicate(timeout=120)[1]
            names = os.listdir(self.folder.name)
            if names == ["shop.dowse.partial"]:
                break
            # It was read already, or no fork was made yet.
            self.assertIn(names, ([], ["shop.dowse"]))
            if names:
                os.unlink(self.file)
        else:
            self.fail("it never ended while it was read")
        self.assertEqual(process.returncode, 1)
        self.assertEqual(said.count(b"\n"), 1)
        self.assertIn(b"is incomplete: ", said)
        # Memory comes by rising addresses: what goroutines are found by may be missing.
        answer = subprocess.run([DOWSE, "goroutines", partial], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=120, check=False)
        self.assertIn(answer.returncode, (0, 1))
        if answer.returncode:
            self.assertEqual(answer.stderr.count(b"\n"), 1)
        else:
            self.assertIn(b"is incomplete: ", answer.stdout)

    def test_what_stood_there_stays(self):
        with open(self.file, "wb") as file:
            file.write(b"before")
        answer = subprocess.run([DOWSE, "snapshot", str(self.target.pid), "-o", self.file],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                      (4096, 4096)))
        self.assertEqual(answer.returncode, 1)
        with open(self.file, "rb") as file:
            self.assertEqual(file.read(), b"before")

    def test_terminal(self):
        control, terminal = os.openpty()
        self.addCleanup(os.close, control)
        answer = subprocess.run([DOWSE, "snapshot", str(self.target.pid), "-o", "-"],
                                stdout=terminal, stderr=subprocess.PIPE, check=False)
        os.close(terminal)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(b"terminal", answer.stderr)


if __name__ == "__main__":
    unittest.main()
