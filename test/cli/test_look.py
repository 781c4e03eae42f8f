# SPDX-License-Identifier: Apache-2.0
"""ps, info and doctor: what they print of a real program, and that they leave it alone."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runtime"))

import probes  # noqa: E402

NOBODY = 65534
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17


def make():
    return probes.make("1.26", "plain", True)


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class Public:
    """Programs where an ordinary user may read and run them."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(dir="/tmp")
        os.chmod(self.folder.name, 0o755)
        self.dowse = shutil.copy(os.environ["DOWSE"], self.folder.name)
        self.probe = shutil.copy(make(), Path(self.folder.name) / "shop")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def run(self, *words):
        return subprocess.run([self.dowse, *map(str, words)], preexec_fn=as_nobody, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, cwd="/")


class Ps(unittest.TestCase):
    def test_it_is_listed(self):
        with probes.Probe(make(), goroutines=123) as probe:
            rows = {row["pid"]: row for row in probes.dowse_json("ps")["processes"]}
            row = rows[probe.pid]
            self.assertEqual("go1.26.8", row["go"])
            self.assertEqual(124, row["goroutine_count"])
            self.assertEqual(str(make()), row["exe"])
            self.assertFalse(row["replaced"])
            # This test is no Go program.
            self.assertNotIn(os.getpid(), rows)
            self.assertEqual(sorted((row["resident"] for row in rows.values()), reverse=True),
                             [row["resident"] for row in rows.values()])
            for text in (probes.dowse(), probes.dowse("ps")):
                line, = [line for line in text.splitlines()
                         if line.split()[:1] == [str(probe.pid)]]
                self.assertRegex(line, r"^ *\d+  go1\.26\.8 +\d+ (ms|s|min) +\d+ MiB +124  ")
                self.assertRegex(text, r"\nnext: dowse \d+ ")

    def test_a_file_of_the_same_name(self):
        """In the folder where it was built: an executable says nothing, the process is meant."""
        with tempfile.TemporaryDirectory() as folder:
            name = f"shop-{os.getpid()}"
            shutil.copy(make(), Path(folder) / name)
            said = probes.dowse("info", name, cwd=folder, status=1)
            self.assertIn(f"{name} is an executable or a library: no process is called {name}", said)
            with probes.Probe(Path(folder) / name) as probe:
                self.assertIn(f"{name} (pid {probe.pid}, ", probes.dowse("info", name, cwd=folder))
                # What has a folder before it can be a file alone.
                self.assertIn("is an executable or a library: give a ",
                              probes.dowse("info", f"./{name}", cwd=folder, status=1))

    def test_every_release_and_linking(self):
        for release, variant in [("1.19", "plain"), ("1.19", "cgo-pie"), ("1.24", "pie"),
                                 ("1.27", "cgo-pie"), ("1.27", "race")]:
            with self.subTest(release=release, variant=variant), \
                    probes.Probe(probes.make(release, variant, True)) as probe:
                rows = {row["pid"]: row for row in probes.dowse_json("ps")["processes"]}
                self.assertTrue(rows[probe.pid]["go"].startswith(f"go{release}."))
                self.assertEqual(41, rows[probe.pid]["goroutine_count"])

    def test_a_replaced_executable(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "shop"
            shutil.copy(make(), path)
            with probes.Probe(path) as probe:
                path.unlink()
                row, = [row for row in probes.dowse_json("ps")["processes"]
                        if row["pid"] == probe.pid]
                self.assertTrue(row["deleted"])
                self.assertEqual(41, row["goroutine_count"])
                shutil.copy("/bin/true", path)
                row, = [row for row in probes.dowse_json("ps")["processes"]
                        if row["pid"] == probe.pid]
                self.assertTrue(row["replaced"])
                self.assertIn("(executable replaced)", probes.dowse("ps"))
                self.assertIn("another file has taken its place", probes.dowse("info", probe.pid))

    def test_an_ordinary_user(self):
        with Public() as public, probes.Probe(public.probe) as probe:
            answer = public.run("ps", "--format", "json")
            self.assertEqual(0, answer.returncode, answer.stderr)
            seen = json.loads(answer.stdout)
            self.assertNotIn(probe.pid, [row["pid"] for row in seen["processes"]])
            self.assertGreater(seen["unseen"], 0)
            self.assertIn("sudo dowse ps", public.run("ps").stdout)


class Info(unittest.TestCase):
    def test_text(self):
        with probes.Probe(make(), gogc=55) as probe:
            text = probes.dowse("info", probe.pid)
        for pattern in (rf"^plain-stripped \(pid {probe.pid}, go1\.26\.8, up ",
                        r"\n  module +example\.com/probe ", r"\n  built with +.*-ldflags=-w -s",
                        r"\n  goroutines +41\n", r"\n  collections +\d+, the last .* ago; ",
                        r"\n  GOGC +55, no GOMEMLIMIT\n", r"\n  descriptors +\d+ of [\d,]+\n",
                        r"\nmemory \d+ MiB", r"\nnext: dowse goroutines \d+"):
            self.assertRegex(text, pattern)

    def test_the_table_sums(self):
        with probes.Probe(make()) as probe:
            text = probes.dowse("info", probe.pid)
        rows = re.findall(r"^ +(-?[\d,]+\.\d)  (\S.*)$", text, re.MULTILINE)
        tenths = [int(number.replace(",", "").replace(".", "")) for number, _ in rows]
        self.assertGreater(len(rows), 4)
        self.assertIn("resident", rows[-1][1])
        self.assertEqual(tenths[-1], sum(tenths[:-1]))

    def test_modules(self):
        with probes.Probe(make()) as probe:
            self.assertIn("\nmodules\n  none but its own\n",
                          probes.dowse("info", probe.pid, "--modules"))

    def test_nothing_is_stopped(self):
        """Whoever stops a process must trace it, and this test does so already."""
        libc = ctypes.CDLL(None, use_errno=True)
        with probes.Probe(make()) as probe:
            self.assertEqual(0, libc.ptrace(PTRACE_SEIZE, probe.pid, None, None))
            try:
                self.assertIn("goroutines   41", probes.dowse("info", probe.pid))
                rows = probes.dowse_json("ps")["processes"]
                self.assertIn((probe.pid, 41),
                              [(row["pid"], row["goroutine_count"]) for row in rows])
                self.assertIn("go1.26.8", probes.dowse("doctor", probe.pid))
            finally:
                # Only who is stopped can be let go; ending the tracer's thread would do, too.
                probe.process.kill()
                probe.process.wait()

    def test_refusals(self):
        for operand, words in (("999999999", "no process"), (str(os.getpid()), "Go"),
                               ("no-such-name-anywhere", "no")):
            message = probes.dowse("info", operand, status=1)
            self.assertEqual(1, message.count("\n"), message)
            self.assertIn(words, message)
        for words in (("info",), ("info", "1", "2"), ("info", "1", "--nonsense"),
                      ("ps", "1"), ("doctor", "1", "2"), ("doctor", "--measure"),
                      ("info", "1", "--format", "folded")):
            message = probes.dowse(*words, status=2)
            self.assertEqual(1, message.count("\n"), message)


class Doctor(unittest.TestCase):
    def test_the_machine(self):
        text = probes.dowse("doctor")
        self.assertIn(os.uname().release, text)
        self.assertIn(f"uid {os.getuid()}", text)
        seen = probes.dowse_json("doctor")["self"]
        mask = int(re.search(r"CapEff:\s*(\w+)", Path("/proc/self/status").read_text())[1], 16)
        self.assertEqual(bin(mask).count("1"), len(seen["capabilities"]))

    def test_a_process(self):
        with probes.Probe(make()) as probe:
            seen = probes.dowse_json("doctor", probe.pid)
            for name in ("read", "stop", "fork"):
                self.assertTrue(seen["process"][name]["allowed"], seen["process"][name])
            self.assertIsNone(seen["process"]["stop"]["pause_ms"])
            self.assertIn("13 of 13 structures found", probes.dowse("doctor", probe.pid))

    def test_measure(self):
        with probes.Probe(make()) as probe:
            before = probe.ask()
            process = probes.dowse_json("doctor", probe.pid, "--measure")["process"]
            for name in ("stop", "fork"):
                self.assertIsNone(process[name]["problem"])
                self.assertGreater(process[name]["pause_ms"], 0)
                self.assertLess(process[name]["pause_ms"], 1000)
            self.assertEqual(before["goroutines"], probe.ask()["goroutines"])
            self.assertEqual([], children(probe.pid))

    def test_an_ordinary_user(self):
        with Public() as public, probes.Probe(public.probe) as probe:
            answer = public.run("doctor", probe.pid)
            self.assertEqual(0, answer.returncode, answer.stderr)
            self.assertRegex(answer.stdout, r"\n  read it +no: ")
            self.assertRegex(answer.stdout, r"\nto allow more: \S+")
            answer = public.run("info", probe.pid)
            self.assertEqual(1, answer.returncode)
            self.assertEqual(1, answer.stderr.count("\n"), answer.stderr)


def children(pid):
    """Living ones; a dead one may wait for its parent for a moment."""
    deadline = time.monotonic() + 5
    while True:
        path = Path(f"/proc/{pid}/task/{pid}/children")
        found = path.read_text().split() if path.exists() else []
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
