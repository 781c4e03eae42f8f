# SPDX-License-Identifier: Apache-2.0
"""Go programs in every way that a process can have them: stripped of section headers or of build
information, deleted, unpacked into anonymous memory, with plugins, with a second runtime, with
their symbols in a separate file. Each is described as the untouched program is."""

import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_truth as truth  # noqa: E402

LOADING = os.path.join(truth.SOURCE, "test", "binary", "loading")
UNPACK = os.path.join(truth.BUILD, "test", "binary", "binary-unpack")
NEWEST = "1.26.8"
# One of each form of moduledata and of the table of functions.
SOME = ("1.19.13", "1.20.14", "1.23.12", "1.26.8", "1.27.0")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)
    return path


def without_sections(content):
    """The ELF header's e_shoff, e_shnum and e_shstrndx zeroed, as sstrip does."""
    content = bytearray(content)
    struct.pack_into("<Q", content, 0x28, 0)
    struct.pack_into("<HHH", content, 0x3a, 0, 0, 0)
    return bytes(content)


def without_build_info(content):
    assert content.count(b"\xff Go buildinf:\x08") >= 1
    return content.replace(b"\xff Go buildinf:\x08", b"\0" * 15)


def facts(lines):
    """What is to be the same of two programs, whatever they are called and loaded at."""
    kept = []
    for fields in lines:
        if fields[0] == "module":
            bias = int(fields[2], 16)
            kept.append(["module", hex(int(fields[3], 16) - bias), fields[5]])
        elif fields[0] == "function":
            kept.append(["function", hex(int(fields[1], 16) - int(fields[3], 16)), *fields[4:]])
        elif fields[0] == "listed":
            kept.append(["listed", fields[2]])
        elif fields[0] in ("release", "damaged", "runtimes"):
            kept.append(fields)
    return kept


class Running:
    """A program that waits for its standard input to end."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                break
        else:
            raise AssertionError("%s ended with status %s" % (command, self.process.wait()))

    def __enter__(self):
        return self.process.pid

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(timeout=30)
        self.process.stdout.close()


class Loading(unittest.TestCase):
    maxDiff = 3000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dowse-loading-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def described(self, *command):
        with Running(*command) as pid:
            return truth.describe(pid, ["T"])

    def assert_same(self, path, *command):
        mine, original = facts(self.described(*command)), facts(self.described(path))
        self.assertGreater(len(mine), 1000)
        self.assertEqual(mine[:4], original[:4])
        self.assertEqual(len(mine), len(original))
        self.assertEqual(mine, original)

    def test_without_section_headers(self):
        for release in SOME:
            for variant in ("stripped", "pie", "gcc-pie"):
                with self.subTest(release=release, variant=variant):
                    path = truth.build(release, variant)
                    bare = write(self.path("bare"), without_sections(read(path)))
                    self.assert_same(path, bare)

    def test_without_build_information(self):
        """The release is found in memory, through the runtime's own code."""
        for release in truth.releases():
            for variant in ("stripped", "gcc-pie"):
                with self.subTest(release=release, variant=variant):
                    path = truth.build(release, variant)
                    bare = write(self.path("bare"),
                                 without_sections(without_build_info(read(path))))
                    self.assert_same(path, bare)

    def test_deleted(self):
        path = truth.build(NEWEST, "pie")
        copy = self.path("copy")
        shutil.copy(path, copy)
        with Running(copy) as pid:
            os.unlink(copy)
            write(copy, b"#!/bin/sh\nsomething else\n")
            mine = facts(truth.describe(pid, ["T"]))
        self.assertEqual(mine, facts(self.described(path)))

    def test_unpacked(self):
        """No file behind any mapping: the image is read from memory."""
        for release in SOME:
            with self.subTest(release=release):
                path = truth.build(release, "stripped")
                lines = self.described(UNPACK, path)
                module = next(fields for fields in lines if fields[0] == "module")
                self.assertEqual(module[1], "image in memory")
                self.assert_same(path, UNPACK, path)

    def test_symbols_apart(self):
        """By .gnu_debuglink, only where the checksum agrees."""
        path = truth.build("1.23.12", "plain")
        bare, debug = self.path("bare"), self.path("bare.debug")
        subprocess.run(["objcopy", "--only-keep-debug", path, debug], check=True)
        subprocess.run(["objcopy", "--strip-all", path, bare], check=True)
        subprocess.run(["objcopy", "--add-gnu-debuglink=" + debug, bare], check=True)
        with Running(bare) as pid:
            found = truth.describe(pid, ["s runtime.allgs", "s no.such"])[-2:]
            with open(debug, "ab") as file:
                file.write(b"another build")
            missing = truth.describe(pid, ["s runtime.allgs"])[-1]
        with Running(path) as pid:
            wanted = truth.describe(pid, ["s runtime.allgs"])[-1]
        self.assertEqual(found, [wanted, ["symbol", "no.such", "none"]])
        self.assertNotEqual(wanted[2], "none")
        self.assertEqual(missing[2], "none")

    def test_symbols_by_build_id(self):
        """Where systems keep them, below the root that the process has."""
        path = truth.build(NEWEST, "gcc")
        bare = self.path("bare")
        subprocess.run(["objcopy", "--strip-all", path, bare], check=True)
        notes = subprocess.run(["readelf", "-n", path], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        build_id = next(line.split()[-1] for line in notes.splitlines() if "Build ID:" in line)
        place = "%s/usr/lib/debug/.build-id/%s/%s.debug" % (self.folder, build_id[:2], build_id[2:])
        os.makedirs(os.path.dirname(place))
        question = ["D " + self.folder]
        with Running(bare) as pid:
            self.assertEqual(truth.describe(pid, question)[-1], ["debug", "none"])
            shutil.copy(truth.build("1.25.5", "gcc"), place)
            self.assertEqual(truth.describe(pid, question)[-1], ["debug", "none"])
            subprocess.run(["objcopy", "--only-keep-debug", path, place], check=True)
            self.assertEqual(truth.describe(pid, question)[-1], ["debug", place])

    def test_gccgo(self):
        """What gccgo builds is Go, and yet nothing that dowse can read: it says so."""
        source = write(self.path("gccgo.c"),
                       b'#include <unistd.h>\n'
                       b'static const char mark[] __attribute__((section(".go_export"), used)) '
                       b'= "v3;";\nint main(void) { return pause(); }\n')
        path = self.path("gccgo")
        subprocess.run(["gcc", "-o", path, source], check=True, timeout=60)
        process = subprocess.Popen([path], stdin=subprocess.DEVNULL)
        try:
            result = subprocess.run([truth.DESCRIBE, str(process.pid)], stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True, timeout=60, check=False)
        finally:
            process.kill()
            process.wait()
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"^gccgo.* was built by gccgo, .*\n$")

    def test_not_go(self):
        process = subprocess.Popen(["sleep", "60"])
        try:
            result = subprocess.run([truth.DESCRIBE, str(process.pid)], stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True, timeout=30, check=False)
        finally:
            process.kill()
            process.wait()
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^sleep.* is not a Go program\n$")


def build_loaded(release):
    """host, part.plugin and shared.so, built together: a plugin must have its host's packages."""
    digest = hashlib.sha256()
    for name in ("host/host.go", "part/part.go", "shared/shared.go", "go.mod"):
        digest.update(read(os.path.join(LOADING, name)))
    folder = os.path.join(truth.KEPT, "loading-%s-%s" % (digest.hexdigest()[:16], release))
    built = []
    for name, mode, package in (("host", "exe", "host"), ("part.plugin", "plugin", "part"),
                                ("shared.so", "c-shared", "shared")):
        path = os.path.join(folder, name)
        built.append(path)
        if not os.path.exists(path):
            os.makedirs(folder, exist_ok=True)
            subprocess.run(["go", "build", "-buildmode=" + mode, "-o", path, "./" + package],
                           cwd=LOADING, check=True, timeout=900,
                           env=truth.go_environment(release, {"CGO_ENABLED": "1"}))
    return built


class Several(unittest.TestCase):
    """More than one file with Go in it."""

    def described(self, *command):
        with Running(*command) as pid:
            lines = truth.describe(pid, ["T"])
        modules = [os.path.basename(fields[1]) for fields in lines if fields[0] == "module"]
        runtimes = next(fields[1] for fields in lines if fields[0] == "runtimes")
        names = {fields[6] for fields in lines if fields[0] == "function"}
        return modules, runtimes, names

    def test_plugin(self):
        for release in ("1.19.13", "1.24.13", "1.26.8", "1.27.0"):
            with self.subTest(release=release):
                host, part, _ = build_loaded(release)
                modules, runtimes, names = self.described(host, part)
                self.assertEqual((modules, runtimes), (["host", "part.plugin"], "1"))
                self.assertIn("main.main", names)
                self.assertIn("example.com/loading/part.Double", names)

    def test_second_runtime(self):
        for release in ("1.19.13", "1.26.8"):
            with self.subTest(release=release):
                host, part, shared = build_loaded(release)
                modules, runtimes, _ = self.described(host, shared, part)
                self.assertEqual((modules, runtimes), (["host", "part.plugin"], "2"))

    def test_library_in_a_foreign_program(self):
        for release in ("1.19.13", "1.26.8"):
            with self.subTest(release=release):
                shared = build_loaded(release)[2]
                code = ("import ctypes, sys; ctypes.CDLL(sys.argv[1]).Triple(1);"
                        "print('ready', flush=True); sys.stdin.read()")
                modules, runtimes, names = self.described(sys.executable, "-c", code, shared)
                self.assertEqual((modules, runtimes), (["shared.so"], "1"))
                self.assertTrue([name for name in names if name.endswith("_Triple")])


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for case in (Loading, Several):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite
