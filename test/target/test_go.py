# SPDX-License-Identifier: Apache-2.0
"""Stops and forks of Go programs that are hard at work and check themselves (see goat/)."""

import os
import random
import re
import shutil
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER = os.path.join(os.environ["BUILD_DIR"], "test", "target", "target-driver")
SOAK = bool(os.environ.get("DOWSE_SOAK"))
TIMES = 200 if SOAK else 20
KILLS = 200 if SOAK else 20

# The oldest and the newest release, the one in between that has everything, and cgo.
PROGRAMS = [("go1.19.13", "0"), ("go1.26.8", "0"), ("go1.26.8", "1"), ("go1.27.0", "0")]


class Goat:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.pid = self.process.pid

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the program has ended: %s" % self.process.wait())
        numbers = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}
        numbers["line"] = line.strip()
        return numbers

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def children(pid):
    """The states of a process's children that are forks: they have no exit signal."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and int(fields[35]) == 0:
            found.append(fields[0])
    return found


def thread_states(pid):
    states = set()
    for name in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/stat" % (pid, name)) as file:
                states.add(file.read().rsplit(")", 1)[1].split()[0])
        except OSError:
            continue
    return states


class Forks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="dowse-test-")
        cls.paths = {}
        for toolchain, cgo in PROGRAMS:
            path = os.path.join(cls.folder, "goat-%s-%s" % (toolchain, cgo))
            environment = {**os.environ, "GOTOOLCHAIN": toolchain, "CGO_ENABLED": cgo,
                           "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
            if toolchain.startswith("go1.19."):
                # Its index of modules does not know a GOROOT that lies in the module cache.
                environment["GODEBUG"] = "goindex=0"
            subprocess.run(["go", "build", "-o", path, "."], cwd=os.path.join(HERE, "goat"),
                           env=environment, check=True)
            cls.paths[toolchain, cgo] = path

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def check_goes_on(self, goat):
        """Nothing stopped, no fork running, no fault, and everything advances."""
        deadline = time.monotonic() + 10
        while {"t", "T"} & thread_states(goat.pid) or any(s != "Z" for s in children(goat.pid)):
            self.assertLess(time.monotonic(), deadline,
                            (thread_states(goat.pid), children(goat.pid)))
            time.sleep(0.01)
        before = goat.ask()
        while True:
            after = goat.ask()
            if all(after[key] > before[key] for key in
                   ("ticks", "born", "echoes", "children", "rounds")):
                break
            self.assertLess(time.monotonic(), deadline, (before["line"], after["line"]))
            time.sleep(0.01)
        self.assertEqual(after["faults"], 0, after["line"])

    def drive(self, what, goat, times):
        result = subprocess.run([DRIVER, what, str(goat.pid), str(times)], check=False,
                                capture_output=True, text=True, timeout=200)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), times)
        return [int(re.search(r"pause_ns=(\d+)", line).group(1)) for line in lines]

    def kill_often(self, goat):
        chance = random.Random(20260101)
        for _ in range(KILLS):
            driver = subprocess.Popen([DRIVER, "both", str(goat.pid), "0"],
                                      stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, 0.12))
            driver.kill()
            driver.wait()
            self.check_goes_on(goat)
            self.assertLessEqual(len(children(goat.pid)), 2)

    def work_on(self, toolchain, cgo):
        goat = Goat(self.paths[toolchain, cgo])
        try:
            self.check_goes_on(goat)
            stops = self.drive("stop", goat, TIMES * 5)
            self.check_goes_on(goat)
            forks = self.drive("fork", goat, TIMES)
            self.check_goes_on(goat)
            self.assertEqual(children(goat.pid), [])
            self.kill_often(goat)
            self.drive("fork", goat, 1)  # it has reaped what the killed ones left
            self.assertEqual(children(goat.pid), [])
            self.check_goes_on(goat)
        finally:
            goat.end()
        print("%s cgo %s: median pause of a stop %.2f ms, of a fork %.2f ms" % (
            toolchain, cgo, sorted(stops)[len(stops) // 2] / 1e6,
            sorted(forks)[len(forks) // 2] / 1e6))

    def test_oldest(self):
        self.work_on("go1.19.13", "0")

    def test_usual(self):
        self.work_on("go1.26.8", "0")

    def test_cgo(self):
        self.work_on("go1.26.8", "1")

    def test_newest(self):
        self.work_on("go1.27.0", "0")


if __name__ == "__main__":
    unittest.main()
