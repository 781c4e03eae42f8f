# SPDX-License-Identifier: Apache-2.0
"""dowse is killed while it works: nothing half-written stays, and the process goes on."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))


def start(pid, path):
    return subprocess.Popen([DOWSE, "goroutines", str(pid), "--format", "json", "-o", path],
                            stderr=subprocess.DEVNULL)


class Interrupted(unittest.TestCase):
    def interrupt(self, number, existing):
        """Of 20 tries at moments all over the run, none may leave another file than the result."""
        moments = random.Random(number)
        cut = 0
        with program.Controlled(build.build("1.26", "stripped", "zoo")) as target:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "result.json")
                if existing:
                    with open(path, "w", encoding="ascii") as old:
                        old.write("[]")
                began = time.monotonic()
                self.assertEqual(start(target.pid, os.devnull).wait(timeout=60), 0)
                took = time.monotonic() - began
                for _ in range(20):
                    dowse = start(target.pid, path)
                    time.sleep(moments.uniform(0, took))
                    dowse.send_signal(number)
                    cut += dowse.wait(timeout=60) == -number
                    left = os.listdir(folder)
                    if number == signal.SIGKILL and existing:
                        left = self.without_whole(folder, left)
                    self.assertIn(left, ([], ["result.json"]) if not existing
                                  else (["result.json"],))
                    if left:
                        with open(path, encoding="utf-8") as result:
                            json.load(result)
                with open(f"/proc/{target.pid}/status", encoding="ascii") as status:
                    self.assertIn("TracerPid:\t0\n", status.read())
            self.assertEqual(target.ask("gc"), "")
        # Else nothing was tested.
        self.assertGreater(cut, 3)

    def without_whole(self, folder, left):
        """
        To replace a file takes two steps, a name beside it and a rename: killed between them, the
        whole result stays under that name. Nothing can be done about SIGKILL; a part must not.
        """
        beside = [name for name in left if name.startswith("result.json.")]
        for name in beside:
            with open(os.path.join(folder, name), encoding="utf-8") as result:
                self.assertIn("goroutine_count", json.load(result))
            os.unlink(os.path.join(folder, name))
        return [name for name in left if name not in beside]

    def test_terminated(self):
        self.interrupt(signal.SIGTERM, existing=False)

    def test_interrupted(self):
        self.interrupt(signal.SIGINT, existing=True)

    def test_killed(self):
        self.interrupt(signal.SIGKILL, existing=True)


if __name__ == "__main__":
    unittest.main()
