# SPDX-License-Identifier: Apache-2.0
"""`dowse heap --format folded, pprof, dot`: the same tree, read by others, adds up."""

import gzip
import os
import pty
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from looking import build, program  # noqa: E402

SESSIONS = "main.sessions;map[int]*main.Session"


def folded(pid):
    lines = looking.dowse("heap", pid, "--format", "folded").decode().splitlines()
    return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in lines}


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.subject = program.Controlled(build.build("1.26", "plain", "larder"))
        cls.subject.ask("grow 3000")
        cls.subject.ask("live")
        cls.answer = looking.heap(cls.subject.pid)

    @classmethod
    def tearDownClass(cls):
        cls.subject.stop()

    def row(self, name):
        return next(row for row in self.answer["types"] if row["type"] == name)

    def test_folded(self):
        stacks = folded(self.subject.pid)
        # A pointer more or less that a register has: the program runs.
        self.assertAlmostEqual(sum(stacks.values()), self.answer["heap"]["reachable_bytes"],
                               delta=32 << 10)
        self.assertEqual(stacks[f"{SESSIONS};main.Session"], self.row("main.Session")["bytes"])
        self.assertEqual(stacks[f"{SESSIONS};main.Session;[]uint8"], 3000 // 6 * (4 * 4096 + 2 * 2048))
        # The map as a whole, and nothing of it by itself.
        self.assertGreaterEqual(stacks[SESSIONS], 3000 * 16)
        self.assertFalse([stack for stack in stacks if "groups" in stack or "table" in stack])

    def test_pprof(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "heap.pb.gz")
            looking.dowse("heap", self.subject.pid, "--format", "pprof", "-o", path)
            raw = subprocess.run(["go", "tool", "pprof", "-raw", path], capture_output=True,
                                 timeout=60, check=True).stdout.decode()
            top = subprocess.run(["go", "tool", "pprof", "-top", "-unit=bytes", path],
                                 capture_output=True, timeout=60, check=True).stdout.decode()
            self.assertEqual(gzip.decompress(Path(path).read_bytes())[:1], b"\x32")
        self.assertIn("objects/count space/bytes[dflt]", raw)
        samples = [(int(count), int(size)) for count, size in
                   re.findall(r"^ +(\d+) +(\d+): [\d ]+$", raw, re.M)]
        stacks = folded(self.subject.pid)
        self.assertEqual(len(samples), len(stacks))
        self.assertAlmostEqual(sum(size for _, size in samples), sum(stacks.values()),
                               delta=32 << 10)
        self.assertIn((3000, self.row("main.Session")["bytes"]), samples)
        self.assertRegex(top, r"Type: space")
        self.assertRegex(top, rf"{self.row('main.Session')['bytes']}B .* main\.Session\n")
        held = self.row("main.Session")["retained"] + stacks[SESSIONS]
        self.assertRegex(top, rf"\n +0 +0% .* {held}B .* main\.sessions\n")

    def test_dot(self):
        text = looking.dowse("heap", self.subject.pid, "--format", "dot", "--limit", "4").decode()
        self.assertTrue(text.startswith("digraph heap {\n") and text.endswith("}\n"))
        nodes = dict(re.findall(r'^\t(n\d+) \[label="([^\\]+)\\n', text, re.M))
        edges = re.findall(r"^\t(n\d+) -> (n\d+) \[label=\"[^\"]+\"\];$", text, re.M)
        self.assertEqual([nodes[end] for end in ("n" + str(i) for i in range(100)) if end in nodes],
                         ["main.sessions", "map[int]*main.Session", "main.Session", "[]uint8"])
        self.assertEqual(len(edges), 3)
        self.assertTrue(all(end in nodes for edge in edges for end in edge))

    def test_a_list_is_one_node(self):
        command = build.build("1.26", "plain", "shapes") + ["-shape", "list", "-objects", "300000"]
        with program.Controlled(command) as subject:
            stacks = folded(subject.pid)
            self.assertLess(len(stacks), 100)
            self.assertTrue(any(stack.endswith(";main.node") and size > 290000 * 2 // 3 * 16
                                for stack, size in stacks.items()), stacks)

    def test_wrong_use(self):
        master, slave = pty.openpty()
        command = [os.environ["DOWSE"], "heap", str(self.subject.pid), "--format"]
        answer = subprocess.run(command + ["pprof"], stdout=slave, stderr=subprocess.PIPE,
                                timeout=30, check=False)
        os.close(slave)
        os.close(master)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(b"not for a terminal", answer.stderr)
        for words in (["folded", "--by", "site"], ["dot", str(self.subject.pid)]):
            answer = subprocess.run(command + words, capture_output=True, timeout=30, check=False)
            self.assertEqual(answer.returncode, 2, answer)


if __name__ == "__main__":
    unittest.main()
