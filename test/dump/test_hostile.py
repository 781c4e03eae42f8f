# SPDX-License-Identifier: Apache-2.0
"""
Texts that mean harm, or are broken: dowse answers with a status of its own, in time, and with memory in
proportion to the bytes that were really there.
"""

import gzip
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import wrappings  # noqa: E402

DOWSE = os.environ["DOWSE"]
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
CORPUS = HERE.parent.parent / "fuzz" / "corpus" / "dump"
MIB = 1 << 20
# Of real time; a busy machine gives a part of it. What is quadratic takes many minutes.
PATIENCE = 150

TEXT = (CORPUS / "plain").read_text()


def run(*words, data=None, path=None, limit=None):
    """(status, what it printed, the most memory in bytes)"""
    def bound():
        if limit and not SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([DOWSE, *map(str, words)], stdin=subprocess.PIPE if data is not None
                                   else subprocess.DEVNULL, stdout=answer, stderr=errors,
                                   preexec_fn=bound)
        try:
            if data is not None:
                try:
                    process.stdin.write(data)
                    process.stdin.close()
                except BrokenPipeError:
                    pass
            status = process.wait(timeout=PATIENCE * (2 if SANITIZED else 1))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        answer.seek(0)
        errors.seek(0)
        return status, answer.read(), errors.read()


# By a small process of its own: what this one has when it forks would count as its child's.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024)
"""


LOG = """
import sys
text = sys.argv[1].encode()
line = b"2026-11-22T00:12:14Z level=info a goroutine of ours says: goroutine 1 is fine\\n"
block = line * 13000
for i in range(200):
    sys.stdout.buffer.write(block)
    if i == 150:
        sys.stdout.buffer.write(b"panic: x\\n\\n" + text + b"\\n")
"""


def log_of_200_mb():
    """(what dowse says of a log that comes through a pipe, the most memory in bytes that it has had)"""
    writer = subprocess.Popen([sys.executable, "-c", LOG, TEXT], stdout=subprocess.PIPE)
    with writer, tempfile.NamedTemporaryFile() as answer:
        used = subprocess.run(
            [sys.executable, "-c", MEASURE, DOWSE, "goroutines", "-", "--format", "json", "-o",
             answer.name], stdin=writer.stdout, stdout=subprocess.PIPE, check=True,
            timeout=PATIENCE * (2 if SANITIZED else 1)).stdout
        return json.loads(Path(answer.name).read_text()), int(used.split()[1])


def memory(*words, data):
    """(status, the most memory in bytes that dowse has had)"""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        answer = subprocess.run([sys.executable, "-c", MEASURE, DOWSE, *words, file.name], check=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                timeout=PATIENCE * (2 if SANITIZED else 1))
        return tuple(map(int, answer.stdout.split()))


class Hostile(unittest.TestCase):
    def check(self, data, *words):
        status, answer, errors = run(*words, "-", data=data)
        self.assertIn(status, (0, 1, 3), (words, errors[-300:], data[:200]))
        self.assertNotIn(b"killed", errors)
        if status == 1:
            self.assertEqual(len(errors.strip().split(b"\n")), 1, errors)
        return answer

    def test_mutants(self):
        """A few of what `fuzz/run` does for long: whole runs of dowse, of each way in."""
        rng = random.Random(11)
        seeds = [path.read_bytes() for path in sorted(CORPUS.iterdir())]
        for i in range(25 if SANITIZED else 80):
            data = bytearray(rng.choice(seeds))
            for _ in range(rng.randrange(1, 8)):
                at = rng.randrange(len(data))
                kind = rng.randrange(4)
                if kind == 0:
                    data[at] = rng.randrange(256)
                elif kind == 1:
                    del data[at:at + rng.randrange(1, 60)]
                elif kind == 2:
                    data[at:at] = rng.choice([b"\0", b"\n", b"\x1b[2J", b"goroutine 1 [", b"]:\n",
                                              b"\xff\xfe", b"9" * 30, b"\"", b"\\u0000"])
                else:
                    data[at:at] = data[rng.randrange(len(data)):][:rng.randrange(1, 400)]
                if not data:
                    data = bytearray(b"x")
            words = [["goroutines", "--all", "--format", "json"], ["goroutines", "--format", "go"],
                     [], ["gctrace"]][i % 4]
            answer = self.check(bytes(data), *words)
            if answer and i % 4 == 0:
                json.loads(answer)

    def test_every_cut(self):
        for name in ("plain", "docker", "counts"):
            data = (CORPUS / name).read_bytes()
            for at in range(0, len(data), 211 if SANITIZED else 97):
                self.check(data[:at], "goroutines", "--all", "--format", "json")

    def test_escapes(self):
        evil = TEXT.replace("main.wait", "main.\x1b]0;evil\x07wait").replace(
            "/src/main.go", "/src/\x1b[31m\u202emain.go")
        answer = self.check(evil.encode(), "goroutines", "--system", "--all")
        self.assertNotIn(b"\x1b", answer)
        self.assertNotIn("\u202e".encode(), answer)
        answer = self.check(evil.encode())
        self.assertNotIn(b"\x1b", answer)

    def test_many_dumps(self):
        self.check(b"goroutine 1 [running]:\n\n" * 200000, "goroutines")
        self.check(b"panic: x\ngoroutine 1 [running]:\nmain.a()\n\t/x.go:1\n" * 100000, "goroutines")
        self.check(b"goroutine profile: total 9\n" * 100000, "goroutines")

    def test_long_lines(self):
        for line in (b"goroutine 1 [" + b"a" * (8 * MIB), b"(" * (4 * MIB) + b")" * (4 * MIB),
                     b'{"a":"goroutine 1 [x]:\\n' + b"main.a()\\n\\t/x:1\\n" * 300000,
                     b'"' * (4 * MIB) + b"goroutine 1 [running]:", b"{" * MIB + b"goroutine 1 [a]:"):
            for before in (b"", TEXT.encode()):
                self.check(before + line + b"\n" + TEXT.encode(), "goroutines")
        deep = "goroutine 1 [running]:\\n"
        for _ in range(6):
            deep = json.dumps({"log": deep})
        self.check(deep.encode(), "goroutines")

    def test_quadratic(self):
        """What takes many minutes where a line, or a part of one, is looked through again and again."""
        part = b'{"log":"x"}\n'
        few = 8 if SANITIZED else 1
        for data in (b"goroutine" * (2_700_000 // few) + b"\n",
                     b"x" * 600 + b"goroutine 1 [a" * (1_700_000 // few) + b"\n",
                     b'{"log":"goroutine 1 [running]:\\n"}\n' + part * (1_000_000 // few),
                     b'{"log":"\\u001b[1mgoroutine 1 [a]:\\n"}\n' + part * (1_000_000 // few),
                     # Names that are alike by a hash without a key.
                     b"".join(b"goroutine %d [select]:\n\x2f\x64\xbd\x78\x64\x1d\x76\xa0%08x()\n"
                              b"\t/x.go:1\n\n" % (i + 1, i) for i in range(200_000 // few)),
                     # Crowds, and as many that might be their partners.
                     b"".join(b"goroutine %d [IO wait]:\nmain.a%d()\n\t/x.go:1\n\n" % (i + 1, i)
                              for i in range(150_000 // few)) +
                     b"".join(b"goroutine %d [select]:\nmain.w()\n\t/x.go:1\ncreated by main.c%d\n"
                              b"\t/x.go:1\n\n" % (1_000_000 + i, i // 20)
                              for i in range(150_000 // few))):
            self.check(data)

    def test_a_long_log(self):
        """A log of any length takes the memory of its longest line, and of the dump in it."""
        answer, used = log_of_200_mb()
        self.assertEqual(answer["dump"]["reason"], "panic: x")
        self.assertEqual(answer["goroutine_count"], len(re.findall("^goroutine ", TEXT, re.M)))
        if not SANITIZED:
            self.assertLessEqual(used, 64 * MIB)  # 9 MB are measured

    def test_panics_before(self):
        """Thousands that a program has recovered from do not crowd out the dump that counts."""
        log = b"".join(b"http: panic serving 1.2.3.4:5: x\ngoroutine %d [running]:\nmain.h()\n"
                       b"\t/x/a.go:1 +0x1\n\n" % (i + 5) for i in range(5000))
        last = b"SIGQUIT: quit\n\n" + b"".join(
            b"goroutine %d [chan receive]:\nmain.w()\n\t/x/w.go:7 +0x1\n\n" % (i + 1)
            for i in range(20000))
        for data in (log + last, gzip.compress(log + last), log[:len(log) // 2] + last + log,
                     last + log):
            answer = json.loads(self.check(data, "goroutines", "--format", "json"))
            sizes = [one["goroutine_count"] for one in answer["dumps"]]
            self.assertEqual(max(sizes), 20000)
            self.assertLessEqual(len(sizes), 512)

    def test_claims(self):
        answer = json.loads(self.check(
            b"goroutine profile: total 1000000000\n1000000000 @ 0x1\n#\t0x1\tmain.a+0x1\t/x.go:1\n\n",
            "goroutines", "--format", "json"))
        self.assertEqual(answer["goroutine_count"], 1000000000)
        self.check(b"goroutine 99999999999999999999999 [running]:\nmain.a()\n\t/x.go:1\n", "goroutines")
        self.check(b"goroutine 5 [chan receive, 99999999999999999 minutes]:\nmain.a()\n"
                   b"\t/x.go:99999999999999999999\n...99999999999 frames elided...\n", "goroutines",
                   "--format", "json")
        # Counts that cannot be added up.
        self.check(b"goroutine profile: total 1\n" + b"9223372036854775807 @ 0x1\n"
                   b"#\t0x1\tmain.a+0x1\t/x.go:1\n\n" * 5, "goroutines")

    def bomb(self, piece, gigabytes):
        """gzip of so much of one piece over and over; about a thousandth of it."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = piece * (MIB // len(piece) + 1)
        out = [packer.compress(block) for _ in range(int(gigabytes * (1 << 30)) // len(block))]
        return b"".join(out) + packer.flush()

    def test_bombs(self):
        """
        Memory is bounded by 64 MiB and 16 times the bytes that were really there. What is kept is bounded
        where it would take hundreds of MiB: so much text is in each of these.
        """
        cycle = b"gc 1 @0.001s 0%: 0.018+1.1+0.14 ms clock, 0.14+0.35/1.2/3.0+1.1 ms cpu, " \
                b"4->4->1 MB, 5 MB goal, 8 P\n"
        docker = gzip.compress(b'{"log":"goroutine 1 [running]:\\n"}\n')
        nested = "goroutine 1 [a" + "x" * (20 * MIB)
        for _ in range(4):
            nested = json.dumps({"log": nested})
        gigabytes = 0.03 if SANITIZED else 0.12
        # A dump each: they take longest, and would take most.
        dumps = 0.005 if SANITIZED else 0.03
        bombs = {
            "goroutines": (["goroutines"], dumps,
                           b"goroutine 1 [running]:\nmain.main()\n\t/x/y.go:1 +0x1\n\n"),
            "dumps": (["goroutines"], dumps, b"goroutine 1 [running]:\n\n"),
            "counts": (["goroutines"], dumps, b"goroutine profile: total 1\n1 @ 0x1\n"),
            "a line": (["goroutines"], gigabytes, b"x"),
            "collections": (["gctrace"], gigabytes, cycle),
            "collections in passing": ([], gigabytes, cycle),
        }
        made = {name: (words, self.bomb(piece, size))
                for name, (words, size, piece) in bombs.items()}
        made["docker's parts"] = ([], docker + self.bomb(b'{"log":"' + b"x" * 10000 + b'"}\n', gigabytes))
        made["nested"] = ([], gzip.compress(nested.encode()))
        numbers = b"".join(b"goroutine %d [select]:\nmain.a%d()\n\t/x.go:1\n\n" % (i + 1, i)
                           for i in range(300_000))
        made["many goroutines"] = ([], gzip.compress(numbers, 9))
        for name, (words, data) in made.items():
            with self.subTest(name):
                status, used = memory(*words, data=data)
                self.assertIn(status, (0, 1, 3))
                if not SANITIZED:
                    self.assertLessEqual(used, 64 * MIB + 16 * len(data), len(data))


if __name__ == "__main__":
    unittest.main()
