# SPDX-License-Identifier: Apache-2.0
"""Make cores of programs under test: the kernel's and gcore's, and what dowse says live."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import program  # noqa: E402

DOWSE = os.environ.get("DOWSE", "build/dowse")
PATTERN = Path("/proc/sys/kernel/core_pattern")


def dowse(*words, check=True, timeout=60, environment=None):
    """What dowse prints; with check, of a success alone."""
    answer = subprocess.run([DOWSE, *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                            env={**os.environ, **(environment or {})}, text=True,
                            errors="surrogateescape")
    if check and answer.returncode != 0:
        raise AssertionError(f"dowse {' '.join(map(str, words))}: status {answer.returncode}: "
                             f"{answer.stderr.strip()}")
    return answer


def goroutines(target, *words):
    return json.loads(dowse("goroutines", target, "--all", "--system", "--format", "json",
                            *words).stdout)


def kernel_writes_files():
    """Whether the kernel puts a core into the folder of the process, by a plain name."""
    pattern = PATTERN.read_text().strip()
    return pattern and not pattern.startswith("|") and "/" not in pattern and "%" not in pattern


def stopped(pid, timeout=10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        states = [Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()[0]
                  for thread in os.listdir(f"/proc/{pid}/task")]
        if all(state in "tT" for state in states):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} does not stop")


class Moment:
    """A process that stands still, and everything that can be had of that moment."""

    def __init__(self, command, folder, age=0, collect=True):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = program.Controlled(command, cwd=str(self.folder),
                                          environment={"GOTRACEBACK": "crash"})
        self.pid = self.program.pid
        resource.prlimit(self.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        if collect:
            self.program.ask("gc")
        # It answers before it waits for the next command: that it does is to be seen, not that
        # it is about to.
        time.sleep(max(age, 0.3))
        os.kill(self.pid, signal.SIGSTOP)
        stopped(self.pid)
        self.live = self.look()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def look(self):
        """It stands still, but time goes on. A loaded machine may need to be asked again."""
        for patience in (1, 3, 6, 10, None):
            try:
                return goroutines(self.pid)
            except AssertionError as error:
                if patience is None or "did not stop within" not in str(error):
                    raise
                time.sleep(patience)
        raise AssertionError

    def gcore(self):
        """gcore writes what is all zeroes, too: holes are made of it, or disks fill up."""
        path = self.folder / "gcore"
        subprocess.run(["gcore", "-o", str(path), str(self.pid)], check=True, timeout=300,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        made = path.with_name(f"gcore.{self.pid}")
        subprocess.run(["fallocate", "--dig-holes", str(made)], check=False, timeout=300)
        return made

    def kernel_core(self):
        """It ends the process."""
        os.kill(self.pid, signal.SIGABRT)
        os.kill(self.pid, signal.SIGCONT)
        self.program.process.wait(timeout=120)
        for name in ("core", f"core.{self.pid}"):
            if (self.folder / name).exists():
                return self.folder / name
        raise AssertionError("the kernel wrote no core")
