#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles that lie. Each gets an answer or a line with the file and an offset, status 1, within its
time and memory. DOWSE_PROFILE_MUTANTS=10000 for the long form; a plain run has a few hundred."""

import gzip
import os
import random
import resource
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import making  # noqa: E402
from making import data, number, varint  # noqa: E402

DOWSE = os.environ["DOWSE"]
PRINT = Path(os.environ["BUILD_DIR"]) / "test" / "profile" / "print-profile"
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
MUTANTS = int(os.environ.get("DOWSE_PROFILE_MUTANTS", 400))
PATIENCE = 60  # a machine with other things to do; alone none takes a second

TYPES = data(1, number(1, 1) + number(2, 2))
TEXTS = data(6, b"") + data(6, b"space") + data(6, b"bytes")


class HostileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def dowse(self, path):
        return subprocess.run([DOWSE, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE)

    def refused(self, payload, *words):
        path = self.folder / "lie.pprof"
        path.write_bytes(payload)
        answer = self.dowse(path)
        self.assertEqual(answer.returncode, 1, answer.stdout[:200])
        said = answer.stderr.decode()
        self.assertEqual(said.count("\n"), 1, said)
        for word in (str(path), "offset 0x", *words):
            self.assertIn(word, said)
        return said

    def test_claims(self):
        long = varint(10**9)
        self.refused(TYPES + TEXTS + b"\x12" + long + b"abc", "early")
        self.refused(TYPES + TEXTS + data(2, b"\x0a" + long + b"\x01"), "early")
        self.refused(TYPES + TEXTS + data(2, data(1, varint(10**9)) + number(2, 1)), "not there")
        self.refused(TYPES + TEXTS + data(2, data(2, varint(1) * 5)), "more values")
        self.refused(TYPES + TEXTS + data(2, b""), "fewer values")
        self.refused(TYPES + TEXTS + data(5, number(1, 1) + number(2, 10**9)), "not there")
        self.refused(TYPES + TEXTS + data(5, number(1, 7)) * 2, "another one has")
        self.refused(TYPES + TEXTS + data(4, b""), "means none")
        self.refused(data(2, number(2, 1)) + TEXTS, "does not say of what")
        self.refused(TYPES + TEXTS + b"\x4b", "unknown kind")
        self.refused(TYPES + TEXTS + b"\x48" + b"\xff" * 11, "without an end")

    def test_references_in_circles(self):
        """Nothing refers to itself; a line that names no function is legal."""
        path = self.folder / "circle.pprof"
        location = data(4, number(1, 1) + number(2, 1) + data(4, number(1, 1)))
        path.write_bytes(TYPES + TEXTS + location + data(2, data(1, varint(1) * 9) + number(2, 5)))
        self.assertEqual(self.dowse(path).returncode, 0)

    def bomb(self, size):
        """So many zeroes, packed, behind the head of a profile."""
        path = self.folder / "bomb.pprof"
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        with open(path, "wb") as file:
            file.write(packer.compress(TYPES + TEXTS + b"\x32" + varint(size)))
            block = bytes(1 << 24)
            for _ in range(size >> 24):
                file.write(packer.compress(block))
            file.write(packer.flush())
        return path

    def test_bomb(self):
        path = self.bomb(2 << 30)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        answer = self.dowse(path)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"offset 0x", answer.stderr)
        limit = (64 << 20) + 16 * path.stat().st_size
        if not SANITIZED:  # which has memory of its own
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            self.assertLess(most, max(limit, before * 1024 + 1))

    def survives(self, payloads):
        questions = []
        for i, payload in enumerate(payloads):
            path = self.folder / f"p{i}"
            path.write_bytes(payload)
            questions.append(f"decode {path}\n")
        answer = subprocess.run([PRINT], input="".join(questions), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=600, text=True, errors="replace")
        self.assertEqual(answer.returncode, 0, answer.stderr[-2000:])
        answers = answer.stdout.split("\n.\n")[:-1]
        self.assertEqual(len(answers), len(questions))
        for question, one in zip(questions, answers):
            if one.startswith("error"):
                self.assertIn(question.split()[1], one)
                self.assertIn("offset 0x", one)
        return answers

    def test_every_cut(self):
        whole = min((making.make(seed) for seed in range(20)), key=lambda made: abs(len(made) - 900))
        packed = gzip.compress(whole, mtime=0)
        answers = self.survives([whole[:i] for i in range(len(whole))]
                                + [packed[:i] for i in range(len(packed))])
        # All cuts of what is packed are told.
        self.assertTrue(all(one.startswith("error") for one in answers[len(whole):]))

    def test_mutants(self):
        draw = random.Random(5)
        for begin in range(0, MUTANTS, 500):
            payloads = []
            for i in range(begin, min(begin + 500, MUTANTS)):
                payload = bytearray(making.make(i % 97))
                for _ in range(draw.choice([1, 1, 2, 5])):
                    at = draw.randrange(len(payload))
                    way = draw.randrange(4)
                    if way == 0:
                        payload[at] ^= 1 << draw.randrange(8)
                    elif way == 1:
                        payload[at] = draw.choice([0, 0x7F, 0x80, 0xFF])
                    elif way == 2:
                        del payload[at:at + draw.randrange(1, 9)]
                    else:
                        payload[at:at] = payload[draw.randrange(len(payload)):][:draw.randrange(1, 40)]
                    payload = payload or bytearray(b"\n")
                payloads.append(bytes(payload))
            self.survives(payloads)


if __name__ == "__main__":
    unittest.main()
