# SPDX-License-Identifier: Apache-2.0
"""
Memory control groups that are nearly full, with the process and dowse in the same one: dowse
answers, or says in one line why not, and the kernel kills nobody.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import static_file

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
MIB = 1 << 20
TIMES = 50 if os.environ.get("DOWSE_SOAK") else 3

WRITER = """
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"
)

var memory = make([]byte, 96<<20)
var never = make(chan int)

func fill(value byte) {
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = value
	}
}

func main() {
	// What it takes is to stand still: the room that is left is the test's to choose.
	debug.SetGCPercent(-1)
	waiting, _ := strconv.Atoi(os.Args[1])
	for i := 0; i < waiting; i++ {
		go func() { <-never }()
	}
	time.Sleep(100 * time.Millisecond)
	fill(1)
	fmt.Println("ready")
	buffer := make([]byte, 1)
	go func() {
		// An answer to each byte shows that it lives.
		for {
			os.Stdin.Read(buffer)
			os.Stdout.Write([]byte("alive\\n"))
		}
	}()
	for value := byte(2); ; value++ {
		fill(value)
	}
}
"""


class Group:
    """A memory control group of version 1 or 2, whichever this machine has."""

    FOLDERS = (("/sys/fs/cgroup/memory", "memory.usage_in_bytes", "memory.limit_in_bytes"),
               ("/sys/fs/cgroup", "memory.current", "memory.max"))

    def __init__(self):
        for parent, self.usage, self.limit in self.FOLDERS:
            self.path = os.path.join(parent, f"dowse-room-{os.getpid()}")
            try:
                os.mkdir(self.path)
            except OSError:
                continue
            if os.path.exists(os.path.join(self.path, self.usage)):
                return
            os.rmdir(self.path)
        raise AssertionError("no memory control group can be made here: run this as root")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Its processes have ended, which the group learns a little later.
        for _ in range(1000):
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.005)

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def enter(self):
        self.write("cgroup.procs", os.getpid())

    def used(self):
        with open(os.path.join(self.path, self.usage), encoding="ascii") as file:
            return int(file.read())

    def killed(self):
        """How often the kernel has killed in here."""
        for name in ("memory.events", "memory.oom_control"):
            path = os.path.join(self.path, name)
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    return int(re.search(r"^oom_kill (\d+)", file.read(), re.MULTILINE)[1])
        raise AssertionError("the group does not tell")


class Room(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        source = os.path.join(cls.folder.name, "writer.go")
        cls.writer = os.path.join(cls.folder.name, "writer")
        with open(source, "w", encoding="ascii") as file:
            file.write(WRITER)
        subprocess.run(["go", "build", "-o", cls.writer, source], check=True, timeout=300,
                       cwd=cls.folder.name, env=build.go_environment("1.26", False))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def settle(self, group):
        """The writer itself is to take no more: what it takes is not dowse's doing."""
        for _ in range(60):
            before = group.used()
            time.sleep(0.5)
            if group.used() <= before:
                return
        raise AssertionError("the writer goes on growing")

    def await_room(self, group, used):
        """The kernel frees in its own time what the look before took of its memory."""
        deadline = time.monotonic() + 2
        while group.used() > used and time.monotonic() < deadline:
            time.sleep(0.01)

    def look(self, group, words, inside, program):
        """Run dowse, in the group or outside; does it answer?"""
        # By a shell, which is small: what this test takes before the exec is not to count.
        enter = 'echo $$ > "$0" && ' if inside else ""
        answer = subprocess.run(["sh", "-c", enter + 'exec "$@"',
                                 os.path.join(group.path, "cgroup.procs"), program, *words],
                                capture_output=True, text=True, timeout=120, check=False)
        if answer.returncode == -signal.SIGKILL:
            self.killed += 1
            return False, ""
        if answer.returncode == 1:
            self.assertRegex(answer.stderr, r"\Adowse: [^\n]+\n\Z")
            return False, answer.stderr
        # 3: an idle crowd is a finding.
        self.assertIn(answer.returncode, (0, 3), answer.stderr)
        self.assertTrue(answer.stdout)
        return True, ""

    def look_often(self, goroutines, room, inside=True, program=DOWSE):
        """How many of all looks were answered, and what the others said."""
        answered, reasons, self.killed = 0, set(), 0
        with Group() as group, tempfile.TemporaryFile() as log:
            def start():
                return subprocess.Popen([self.writer, str(goroutines)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=log,
                                        preexec_fn=group.enter)
            with start() as target:
                try:
                    self.assertEqual(target.stdout.readline(), b"ready\n")
                    self.settle(group)
                    used = group.used()
                    group.write(group.limit, used + room)
                    for _ in range(TIMES):
                        for words in (["goroutines"], ["info"], [], ["ps"]):
                            if room <= MIB:
                                self.await_room(group, used)
                            operand = [] if words == ["ps"] else [str(target.pid)]
                            fine, reason = self.look(group, words + operand, inside, program)
                            answered += fine
                            reasons.add(re.sub(r"\d+", "N", reason))
                            target.stdin.write(b"?")
                            target.stdin.flush()
                            self.assertEqual(target.stdout.readline(), b"alive\n")
                    self.assertEqual(group.killed(), self.killed)
                finally:
                    target.kill()
        print(f"{goroutines} goroutines, {room // MIB} MiB left: {answered} of {TIMES * 4} "
              f"answered, {self.killed} killed; {sorted(reasons - {''})}")
        # Once in hundreds of looks at 4 MiB was dowse killed, which is loaded with half of that.
        self.assertLessEqual(self.killed, TIMES if room <= 4 * MIB else 0)
        return answered, reasons

    def test_room_enough(self):
        answered, _ = self.look_often(50, 64 * MIB)
        self.assertEqual(answered, TIMES * 4)

    def test_little_room(self):
        self.look_often(50, 8 * MIB)

    def test_no_room(self):
        answered, reasons = self.look_often(50, 4 * MIB)
        self.assertEqual(answered, 0)
        self.assertIn("too little memory is left here", "".join(reasons))

    def test_from_outside(self):
        answered, _ = self.look_often(50, MIB, inside=False)
        self.assertEqual(answered, TIMES * 4)

    def test_hardly_any_room(self):
        """
        Loading a program with its libraries takes more than 2 MiB, before it has a say; the kernel
        may kill for that. The static file is what is carried into such a group.
        """
        program = os.path.join(self.folder.name, "dowse")
        static_file.build(program)
        answered, reasons = self.look_often(50, MIB, program=program)
        self.assertEqual((answered, self.killed), (0, 0))
        self.assertIn("too little memory is left here", "".join(reasons))

    def test_too_many_goroutines(self):
        """More than dowse has room for: it runs into a limit of its own, not into the group's."""
        answered, reasons = self.look_often(200000, 16 * MIB)
        self.assertLess(answered, TIMES * 4)
        self.assertIn("memory", "".join(reasons))


if __name__ == "__main__":
    unittest.main()
