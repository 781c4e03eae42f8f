# SPDX-License-Identifier: Apache-2.0
"""Cores of real programs: equal answers, whole or compressed; and files that are none, or cut."""

import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare  # noqa: E402
import judging  # noqa: E402
import making  # noqa: E402
from making import build, dowse, goroutines  # noqa: E402

SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
# What a hostile core may cost, as the project promises: 64 MiB, and 16 bytes for each that is
# there. Half as much again for a program and its libraries, which is no memory of the core's.
MEMORY_BASE = 64 << 20
MEMORY_A_BYTE = 16


def peak_memory(*words, timeout=30):
    """(status, standard error, peak resident bytes) of one run of dowse."""
    process = subprocess.Popen([making.DOWSE, *map(str, words)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               errors="replace", preexec_fn=lambda: signal.alarm(timeout))
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    return process.returncode, errors, usage.ru_maxrss << 10


def change_thread_ids(path, by):
    """Add to the thread's id in each note of one (NT_PRSTATUS); how many there are."""
    changed = 0
    with open(path, "r+b") as file:
        head = file.read(64)
        table, = struct.unpack_from("<Q", head, 32)
        file.seek(table)
        headers = [struct.unpack("<IIQQQQQQ", file.read(56))
                   for _ in range(struct.unpack_from("<H", head, 56)[0])]
        for _, _, at, _, _, size, _, _ in (one for one in headers if one[0] == 4):
            end = at + size
            while at < end:
                file.seek(at)
                name, length, kind = struct.unpack("<III", file.read(12))
                at += 12 + (name + 3 & ~3)
                if kind == 1:
                    file.seek(at + 32)
                    number, = struct.unpack("<i", file.read(4))
                    file.seek(at + 32)
                    file.write(struct.pack("<i", number + by))
                    changed += 1
                at += length + 3 & ~3
    return changed


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="dowse-cores-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def refused(self, *words, say, status=1):
        """One line that says it, and nothing else; never a crash."""
        answer = dowse(*words, check=False)
        self.assertEqual(answer.returncode, status, answer.stderr)
        self.assertEqual(answer.stdout, "")
        self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
        self.assertIn(say, answer.stderr)
        return answer.stderr


class Equal(WithFolder):
    def judge(self, release, variant, **how):
        found, count = judging.judge(release, variant, self.folder / "one", **how)
        self.assertGreater(count, 200)
        self.assertTrue(found, "neither gcore nor the kernel makes cores here")
        for kind, lines in found.items():
            with self.subTest(kind):
                self.assertEqual(lines, [])

    def test_old(self):
        self.judge("1.19", "pie-stripped")

    def test_cgo(self):
        self.judge("1.23", "cgo")

    def test_new(self):
        self.judge("1.27", "stripped")

    def test_idle(self):
        """Nothing happens for longer than the tolerance: the runtime writes no time down."""
        self.judge("1.26", "plain", age=6)


    def test_without_executable(self):
        """A core that has everything needs no executable."""
        program = self.folder / "shop"
        shutil.copy(build.build("1.25", "pie-stripped", "zoo")[0], program)
        with making.Moment([str(program)], self.folder / "one") as moment:
            Path(f"/proc/{moment.pid}/coredump_filter").write_text("0x7f")
            live, died = moment.look(), making.kernel_writes_files()
            core = moment.kernel_core() if died else moment.gcore()
            program.unlink()
            answer = goroutines(core)
            # Waits are looked at elsewhere: gcore takes its time.
            self.assertEqual(list(compare.differences(live, answer, died, elapsed=60)), [])
            self.assertFalse(json.loads(dowse("info", core, "--format", "json").stdout)
                             ["core"]["executable_found"])


    def test_other_thread_ids(self):
        """As in a core that was written from outside of the process's PID namespace."""
        command = build.build("1.26", "stripped", "zoo") + ["-spin"]
        with making.Moment(command, self.folder / "one") as moment:
            live = moment.look()
            core = moment.gcore()
            changed = change_thread_ids(core, 1000000)
            self.assertGreater(changed, 3)
            self.assertIn("running", {one["state"] for one in live["goroutines"]})
            self.assertEqual(list(compare.differences(live, goroutines(core), elapsed=60)), [])


class OneCore(WithFolder):
    """One core of a stripped program, the kernel's where it makes files, and what may become of it."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="dowse-core-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        built = build.build("1.26", "stripped", "zoo")[0]
        cls.program = cls.shared / "shop"
        shutil.copy(built, cls.program)
        with making.Moment([str(cls.program)], cls.shared / "run") as moment:
            cls.pid = moment.pid
            cls.core = cls.shared / "shop.core"
            cls.died = making.kernel_writes_files()
            (moment.kernel_core() if cls.died else moment.gcore()).rename(cls.core)
        cls.answer = goroutines(cls.core)

    def same(self, other, *words):
        self.assertEqual(list(compare.differences(self.answer, goroutines(other, *words))), [])

    def test_target(self):
        target = self.answer["target"]
        self.assertEqual(target["kind"], "core")
        self.assertEqual(target["path"], str(self.core))
        self.assertEqual(target["exe"], str(self.program))
        self.assertEqual(target["pid"], self.pid)
        self.assertIsNone(target["uptime_s"])
        self.assertEqual(self.answer["warnings"], [])
        self.assertEqual(self.answer["pause_ms"], 0)

    def test_diagnosis(self):
        answer = dowse(self.core, "--format", "json", check=False)
        self.assertEqual(answer.returncode, 3, answer.stderr)
        rules = {finding["rule"] for finding in json.loads(answer.stdout)["findings"]}
        self.assertLessEqual({"nil-channel", "select-without-cases"}, rules)
        self.assertIn(f"dowse goroutines {self.core}", dowse(self.core, check=False).stdout)

    def test_library(self):
        program = Path(os.environ.get("BUILD_DIR", "build")) / "test/cli/test-cli-public"
        answer = subprocess.run([str(program), str(self.core)], capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("nil-channel", answer.stdout)
        self.assertIn("not stopped", answer.stdout)
        answer = subprocess.run([str(program), "/etc/passwd"], capture_output=True, text=True)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("no core file", answer.stderr)

    def test_info(self):
        info = json.loads(dowse("info", self.core, "--format", "json").stdout)
        self.assertEqual(info["core"]["signal"], signal.SIGABRT if self.died else None)
        self.assertEqual(info["core"]["cut_bytes"], 0)
        self.assertTrue(info["core"]["executable_found"])
        self.assertGreater(info["core"]["held_bytes"], 1 << 20)
        self.assertIsNone(info["memory"])
        self.assertIsNone(info["process"]["descriptors"])
        self.assertEqual(info["process"]["command"], str(self.program))
        self.assertIn("SIGABRT" if self.died else "ran on", dowse("info", self.core).stdout)

    def test_options_of_a_stop(self):
        """They promise not to disturb: a core never is."""
        torn = goroutines(self.core, "--no-stop", "--max-pause", "1ms")
        self.assertEqual(list(compare.differences(self.answer, torn)), [])

    def test_text_of_the_runtime(self):
        text = dowse("goroutines", self.core, "--format", "go").stdout
        self.assertGreater(text.count("\n\ngoroutine "), 200)
        self.assertIn("created by programs/menagerie.", text)

    def test_compressed(self):
        for tool, end in (("zstd -q", ".zst"), ("lz4 -q", ".lz4"), ("gzip -c", ".gz")):
            with self.subTest(tool), open(self.core, "rb") as source:
                self.assertTrue(shutil.which(tool.split()[0]), f"install {tool}")
                path = self.folder / ("core" + end)
                with open(path, "wb") as into:
                    subprocess.run(tool.split(), stdin=source, stdout=into, check=True)
                # As systemd's journal keeps it: made when the core was.
                os.utime(path, ns=(self.core.stat().st_mtime_ns,) * 2)
                self.same(path, "--spool", self.folder)
                self.assertEqual([path.name], [left.name for left in self.folder.iterdir()])
                path.unlink()

    def test_compressed_and_cut(self):
        """What came before the end is used, and what is missing is said."""
        path = self.folder / "core.zst"
        subprocess.run(["zstd", "-q", str(self.core), "-o", str(path)], check=True)
        whole = path.read_bytes()
        path.write_bytes(whole[:-len(whole) // 50])
        answer = dowse("goroutines", path, "--format", "json", check=False)
        self.assertIn(answer.returncode, (0, 1), answer.stderr)
        said = answer.stdout + answer.stderr
        self.assertIn("ends too early", said) if answer.returncode == 0 else None
        path.write_bytes(whole[:5000] + b"\0" * 5000 + whole[10000:])
        answer = dowse("goroutines", path, "--format", "json", check=False)
        self.assertIn(answer.returncode, (0, 1), answer.stderr)

    def test_no_room(self):
        """A spool on a file system without room is told at once, and how to help."""
        path = self.folder / "core.zst"
        subprocess.run(["zstd", "-q", str(self.core), "-o", str(path)], check=True)
        self.refused("info", path, "--spool", self.folder / "absent", say="--spool DIR")
        # A limit on the size of files is met as a full disk is.
        limited = subprocess.run(
            [making.DOWSE, "info", str(path), "--spool", str(self.folder)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20,) * 2)))
        self.assertEqual(limited.returncode, 1)
        self.assertIn("--spool DIR", limited.stderr)

    def test_executable(self):
        """Gone, another build in its place, beside the core, and by --exe."""
        hidden = self.shared / "hidden"
        self.program.rename(hidden)
        try:
            say = self.refused("goroutines", self.core, say="--exe FILE")
            self.assertIn(str(self.program), say)
            self.same(self.core, "--exe", hidden)
            other = build.build("1.26", "plain", "zoo")[0]
            self.refused("info", self.core, "--exe", other, say="build id", status=2)
            self.refused("info", self.core, "--exe", "/etc/passwd", say="no 64-bit ELF", status=2)
            self.refused("info", self.core, "--exe", self.folder, say="no file", status=2)
            self.refused("info", self.core, "--exe", "/absent", say="/absent")
            shutil.copy(other, self.program)
            self.assertIn("another build", self.refused("info", self.core, say="--exe FILE"))
            # Beside a core that went to another machine.
            moved = self.folder / "core"
            os.link(self.core, moved)
            os.link(hidden, self.folder / "shop")
            self.same(moved)
        finally:
            hidden.replace(self.program)

    def test_cut(self):
        """Whatever the length: an answer with a warning, or one line of an error."""
        size = self.core.stat().st_size
        lengths = [0, 1, 63, 64, 100, 4096, size - 1]
        source = random.Random(1)
        lengths += [source.randrange(size) for _ in range(25)]
        cut = self.folder / "core"
        shutil.copyfile(self.core, cut)
        answered = 0
        for length in sorted(lengths, reverse=True):
            os.truncate(cut, length)
            answer = dowse("goroutines", cut, "--format", "json", check=False)
            with self.subTest(length):
                self.assertIn(answer.returncode, (0, 1), answer.stderr)
                if answer.returncode:
                    self.assertEqual(answer.stderr.count("\n"), 1)
                    continue
                answered += 1
                document = json.loads(answer.stdout)
                self.assertTrue(any("cut short" in line for line in document["warnings"]))
        self.assertGreater(answered, 3)

    def test_flipped(self):
        """Bits of the headers, of the notes and of memory."""
        size = self.core.stat().st_size
        source = random.Random(2)
        copy = self.folder / "core"
        shutil.copyfile(self.core, copy)
        with open(copy, "r+b") as file:
            for turn in range(60):
                at = source.randrange(20000 if turn % 2 else size)
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1 << source.randrange(8)]))
                file.flush()
                status, errors, peak = peak_memory("goroutines", copy)
                with self.subTest(turn=turn, at=at):
                    self.assertIn(status, (0, 1), errors)
                    if not SANITIZED:
                        self.assertLess(peak, MEMORY_BASE * 3 / 2 + MEMORY_A_BYTE * size)
                file.seek(at)
                file.write(bytes([byte]))


class Others(WithFolder):
    """Files that are no cores of ours."""

    def test_kinds(self):
        folder = self.folder
        (folder / "empty").touch()
        (folder / "text").write_text("goroutine 1 [running]:\n")
        (folder / "noise").write_bytes(bytes(range(256)))
        os.mkfifo(folder / "pipe")
        for name, say in (("empty", "empty"), ("noise", "no goroutine dump"), ("pipe", "a pipe")):
            with self.subTest(name):
                self.refused(folder / name, say=say)
        self.refused("heap", folder / "text", say="no core file")
        self.refused(folder, say="folder")
        self.refused("/dev/null", say="a device")
        self.refused(making.DOWSE, say="an executable")
        self.refused(folder / "absent", say="there is no file")
        subprocess.run(["gzip", str(folder / "text")], check=True)
        self.refused("heap", folder / "text.gz", say="no core file")

    def test_only_processes(self):
        (self.folder / "core").write_bytes(b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + b"\4\0\x3e\0"
                                           + b"\0" * 100)
        self.refused("doctor", self.folder / "core", say="cannot be", status=2)
        self.refused("info", self.folder / "core", say="no memory")

    def test_exe_of_a_process(self):
        self.refused("info", os.getpid(), "--exe", "/bin/sh", say="--exe", status=2)

    def test_many_headers(self):
        """A table as large as it may be, all of it a hole: neither memory nor time is spent."""
        path = self.folder / "core"
        head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + (4).to_bytes(2, "little") + (
            62).to_bytes(2, "little") + (1).to_bytes(4, "little") + b"\0" * 8 + (64).to_bytes(
            8, "little") + (1 << 34).to_bytes(8, "little") + b"\0" * 6 + (56).to_bytes(
            2, "little") + b"\xff\xff" + b"\0" * 6
        with open(path, "wb") as file:
            file.write(head)
            file.seek((1 << 34) + 44)
            file.write((1 << 22).to_bytes(4, "little"))
            file.truncate((1 << 34) + 64)
        status, errors, peak = peak_memory("info", path, timeout=10)
        self.assertEqual(status, 1, errors)
        self.assertIn("no memory in it", errors)
        if not SANITIZED:
            self.assertLess(peak, MEMORY_BASE)


if __name__ == "__main__":
    unittest.main()
