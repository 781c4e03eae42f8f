# SPDX-License-Identifier: Apache-2.0
"""Other people's debuggers on cores that dowse writes: they must say of `snapshot --elf-core` what
they say of gcore's core of the same process, which stands still in between."""

import difflib
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import making
from making import build, program

# The newest release that each Delve knows, and the other way round. Debian has one of its own.
DELVE = "v1.26.2"
ZOO = ("1.26", "cgo"), ("1.20", "plain"), ("1.26", "stripped")

DELVE_WORDS = """config max-string-len 64
goroutines
goroutines -t 8
threads
goroutine 1
stack -full 6
vars main
exit
"""
GDB_WORDS = [
    "info threads", "thread apply all backtrace 8", "info registers rip rsp rbp r14 fs_base eflags",
    "thread apply all info registers xmm0 xmm1", "info auxv", "info proc mappings",
    "info sharedlibrary",
]


def newer_delve():
    folder = build.cache() / f"delve-{DELVE}"
    if not (folder / "dlv").exists():
        environment = build.go_environment("1.26")
        environment["GOBIN"] = str(folder)
        build.run(["nice", "go", "install", "-p=2", f"github.com/go-delve/delve/cmd/dlv@{DELVE}"],
                  environment, "/", 600)
    return str(folder / "dlv")


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300,
                          check=False, **options).stdout


def delve(dlv, executable, core, folder):
    words = Path(folder) / "words"
    words.write_text(DELVE_WORDS)
    return run([dlv, "core", "--allow-non-terminal-interactive=true", executable, str(core),
                "--init", str(words)])


def gdb(executable, core):
    command = ["gdb", "-batch", "-nx", "-iex", "set debuginfod enabled off"]
    for word in GDB_WORDS:
        command += ["-ex", word]
    return run([*command, executable, str(core)])


def comparable(text, core):
    """Without the core's own name, the time of a message, and how long a thread is still to sleep."""
    text = re.sub(r"\b(ns|timeout|ts|waitms)=[^,)]*", r"\1=…", text.replace(str(core), "CORE"))
    return [re.sub(r"^\d{4}-\d\d-\d\dT\S+ ", "", line) for line in text.splitlines()]


class Debuggers(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dowse-debuggers-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def cores(self, executable, *words):
        """(dowse's, gcore's) of a program in which nothing moves."""
        with program.Controlled([executable], cwd=self.folder) as running:
            running.ask("gc")
            ours = Path(self.folder) / "ours"
            for old in Path(self.folder).glob("gcore.*"):
                old.unlink()
            making.dowse("snapshot", running.pid, "--elf-core", "-o", ours, *words)
            prefix = Path(self.folder) / "gcore"
            subprocess.run(["gcore", "-o", str(prefix), str(running.pid)], check=True, timeout=300,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            return ours, prefix.with_name(f"gcore.{running.pid}")

    def check_same(self, name, ours, theirs, least):
        self.assertGreater(len(theirs), least, f"{name} says nothing of gcore's core: {theirs[:3]}")
        difference = [line for line in difflib.unified_diff(theirs, ours, "gcore", "dowse", n=0,
                                                            lineterm="")]
        self.assertEqual(difference, [], f"{name}: {len(difference)} lines differ")

    def check_gdb(self, executable, least, *words):
        """
        The runtime's monitor wakes up between the two cores now and then, on a loaded machine above
        all: it may be so once, and again, but not always.
        """
        for patience in (1, 1, 0):
            ours, theirs = self.cores(executable, *words)
            mine, other = (comparable(gdb(executable, core), core) for core in (ours, theirs))
            if mine == other or not patience:
                break
        self.check_same("gdb", mine, other, least)
        return ours, theirs

    def check_debuggers(self, release, variant, delves, *words):
        [executable] = build.build(release, variant, "zoo")
        ours, theirs = self.check_gdb(executable, 60, *words)
        for dlv in delves:
            self.check_same(dlv, comparable(delve(dlv, executable, ours, self.folder), ours),
                            comparable(delve(dlv, executable, theirs, self.folder), theirs), 1000)

    def test_newer_delve_and_gdb(self):
        """Threads in C, too; and every byte, strings included."""
        self.check_debuggers("1.26", "cgo", [newer_delve()], "--with-data")

    def test_delve_of_debian(self):
        self.check_debuggers("1.20", "plain", ["/usr/bin/dlv"], "--with-data")

    def test_stripped(self):
        """gdb has little to go by, of either core; Delve needs debug information."""
        [executable] = build.build("1.26", "stripped", "zoo")
        self.check_gdb(executable, 40, "--with-data")

    def test_without_data(self):
        """Where each goroutine is does not depend on the bytes that are left out."""
        [executable] = build.build("1.26", "cgo", "zoo")

        def places(core):
            lines = comparable(delve(newer_delve(), executable, core, self.folder), core)
            return [line for line in lines if re.match(r"\s*(\* )?(Goroutine|Thread) |\s+(\d+ )?at ", line)]

        # The runtime's scavenger wakes up between the two now and then, as its monitor does.
        for patience in (1, 1, 0):
            ours, theirs = self.cores(executable)
            self.assertLess(ours.stat().st_blocks * 512, 40 << 20)
            mine, other = places(ours), places(theirs)
            if mine == other or not patience:
                break
        self.check_same("Delve", mine, other, 1000)


if __name__ == "__main__":
    unittest.main()
