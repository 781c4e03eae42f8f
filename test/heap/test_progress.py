# SPDX-License-Identifier: Apache-2.0
"""What `dowse heap` says on a terminal while it works for long, and that it takes it back."""

import os
import pty
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from looking import build, program  # noqa: E402

ERASE = "\r\x1b[K"


def watch(command):
    """What goes to the terminal that is its standard error, and its status."""
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave) as process:
        os.close(slave)
        told = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            told += piece
    os.close(master)
    return told.decode(), process.returncode


class Progress(unittest.TestCase):
    def heap(self, subject):
        return [os.environ["DOWSE"], "heap", str(subject.pid), "--limit", "3"]

    def test_long(self):
        # In random order each object is waited for: this takes some seconds everywhere.
        command = build.build("1.26", "plain", "shapes")
        with program.Controlled(command + ["-shape", "random", "-objects", "2500000"],
                                timeout=60) as subject:
            told, status = watch(self.heap(subject))
            self.assertEqual(status, 0)
            lines = told.split(ERASE)
            self.assertEqual((lines[0], lines[-1]), ("", ""))
            known = re.compile(r"reading \d+ of \d+ MiB|looking for roots|searching|"
                               r"finding out who holds what")
            self.assertTrue(lines[1:-1])
            for line in lines[1:-1]:
                self.assertRegex(line, rf"^({known.pattern})$")
            answer = subprocess.run(self.heap(subject), capture_output=True, timeout=60, check=True)
            self.assertEqual(answer.stderr, b"")

    def test_short(self):
        with program.Controlled(build.build("1.26", "plain", "larder")) as subject:
            told, status = watch(self.heap(subject))
            # A machine that is busy may take its second for this, too.
            self.assertEqual((re.sub(r"\r\x1b\[K[^\r]*", "", told), status), ("", 0))


if __name__ == "__main__":
    unittest.main()
