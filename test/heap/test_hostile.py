# SPDX-License-Identifier: Apache-2.0
"""
A heap that lies: words of span structures, of the tables that lead to them, of headers, maps and
globals are changed in a process that stands still, looked at, and put back. Each look ends in time,
with an answer or one line that says what is wrong; and what is changed in the runtime's own records
does not change the sums by more than a hundredth without a warning. With DOWSE_SOAK=1 more releases, and
many times as often.
"""

import json
import os
import random
import signal
import struct
import sys
import time
import unittest
from pathlib import Path

import looking
from looking import build, program

sys.path.insert(0, str(looking.HERE.parent / "cores"))
import making  # noqa: E402

SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"
SECONDS = 10 * (4 if SANITIZED else 1)
SOAK = bool(os.environ.get("DOWSE_SOAK"))
CHANGES = 1000 if SOAK else 5 if SANITIZED else 10
RELEASES = ["1.19", "1.22", "1.24", "1.26", "1.27"] if SOAK else ["1.19", "1.27"]
SHARE = 0.01
PAGE = 8192  # the runtime's
WORD = struct.Struct("<Q")


class Memory:
    """Another process's, and what was in it before."""

    def __init__(self, pid):
        self.file = open(f"/proc/{pid}/mem", "r+b", buffering=0)
        self.maps = []
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            words = line.split()
            begin, end = (int(word, 16) for word in words[0].split("-"))
            if words[1].startswith("rw"):
                self.maps.append((begin, end, words[5] if len(words) > 5 else ""))
        self.before = []

    def close(self):
        self.file.close()

    def read(self, address, length):
        try:
            self.file.seek(address)
            return self.file.read(length)
        except OSError:
            return b""

    def word(self, address):
        return WORD.unpack(self.read(address, 8))[0]

    def change(self, address, data):
        self.before.append((address, self.read(address, len(data))))
        self.file.seek(address)
        self.file.write(data)

    def restore(self):
        for address, data in reversed(self.before):
            self.file.seek(address)
            self.file.write(data)
        self.before = []

    def mapping(self, address):
        return next(one for one in self.maps if one[0] <= address < one[1])

    def is_executable(self, address):
        """Its data, or what has no bytes in the file and lies right behind."""
        mapping = self.mapping(address)
        behind = [one for one in self.maps if one[1] == mapping[0]]
        return any(name.endswith("edifice") for _, _, name in [mapping, *behind])

    def outside(self, heap):
        """Writable memory that is not the heap's, without the holes of what was only reserved."""
        for begin, end, name in self.maps:
            if (begin, end, name) == heap or name.startswith("["):
                continue
            step = 1 << 20
            for at in range(begin, end, step):
                data = self.read(at, min(step, end - at))
                if data.strip(b"\0"):
                    yield at, data


def find_words(memory, heap, wanted):
    """Where else than in the heap one of these words stands, and which."""
    found = []
    for at, data in memory.outside(heap):
        for index, (word,) in enumerate(WORD.iter_unpack(data[:len(data) & ~7])):
            if word in wanted:
                found.append((at + 8 * index, word))
    return found


def wrong_word(chance, right, others):
    return chance.choice((right ^ 1 << chance.randrange(64), right ^ 1 << chance.randrange(20), 0,
                          (1 << 64) - 1, 1 << 47, right + 8, right - PAGE, chance.choice(others),
                          chance.randrange(1 << 64), chance.randrange(1 << 16), 1)) % (1 << 64)


class Subject:
    """The edifice, stopped, and where in it is what."""

    def __init__(self, release):
        self.program = program.Controlled(build.build(release, "plain", "edifice"),
                                          environment={"GOGC": "off"})
        self.truth = json.loads(self.program.ask("truth"))
        self.program.ask("live")
        self.pid = self.program.pid
        os.kill(self.pid, signal.SIGSTOP)
        making.stopped(self.pid)
        self.memory = Memory(self.pid)
        self.known = [int(one["address"], 16) for s in self.truth["structures"]
                      for one in s["objects"] + s["inner"]]
        self.heap = self.memory.mapping(self.known[0])
        pages = {address & ~(PAGE - 1) for address in self.known}
        starts = find_words(self.memory, self.heap, pages)
        # startAddr, the fourth word of a span, has the number of its pages behind it.
        self.spans = [at - 24 for at, _ in starts if 0 < self.memory.word(at + 8) < 1 << 14]
        self.tables = [at for at, _ in find_words(self.memory, self.heap, set(self.spans))]
        self.begin = self.look()

    def stop(self):
        self.memory.close()
        self.program.stop()

    def look(self):
        """(status, document or None, line)"""
        for _ in range(5):
            begin = time.monotonic()
            answer = looking.run([os.environ.get("DOWSE", "build/dowse"), "heap", str(self.pid),
                                  "--format", "json"], SECONDS * 6)
            seconds = time.monotonic() - begin
            if b"did not stop within" not in answer.stderr:
                break
            time.sleep(2)
        document = json.loads(answer.stdout) if answer.returncode == 0 else None
        return answer.returncode, document, answer.stderr.decode("utf-8", "replace"), seconds

    def places(self, kind):
        """Addresses of words that can be changed."""
        if kind == "spans":
            return [at + 8 * i for at in self.spans for i in range(20)]
        if kind == "tables":
            return self.tables
        if kind == "headers":
            # From 1.22 on an object of more than 512 bytes begins with its type.
            return [int(one["address"], 16) - 8 for s in self.truth["structures"]
                    for one in s["objects"] + s["inner"]
                    if one["type"] in ("main.Broad", "main.Untyped")]
        if kind == "maps":
            headers = [int(way[0]["address"], 16) for s in self.truth["structures"]
                       if s["name"] == "map of bytes" for way in s["paths"]]
            lists = [s["objects"] for s in self.truth["structures"] if s["families"]]
            return [at + 8 * i for at in headers for i in range(8)] + \
                [int(one["address"], 16) + 8 * i for some in lists for one in some
                 for i in range(-8, 8)]
        assert kind == "globals"
        return [at + 8 * i for at, data in self.memory.outside(self.heap)
                if self.memory.is_executable(at) for i in range(len(data) // 8)]


class Hostile(unittest.TestCase):
    def judge(self, release, kind):
        subject = Subject(release)
        self.addCleanup(subject.stop)
        status, right, line, _ = subject.begin
        self.assertEqual(status, 0, line)
        self.assertGreater(len(subject.spans), 20)
        places = subject.places(kind)
        self.assertGreater(len(places), 0)
        chance = random.Random(f"{release} {kind}")
        answered = 0
        for turn in range(CHANGES):
            told = []
            for _ in range(chance.choice((1, 1, 1, 4))):
                at = chance.choice(places)
                data = wrong_word(chance, subject.memory.word(at), subject.known)
                told.append(f"{at:#x}: {subject.memory.word(at):#x} -> {data:#x}")
                subject.memory.change(at, WORD.pack(data))
            try:
                found = subject.look()
            finally:
                subject.memory.restore()
            with self.subTest(turn=turn, changed=told):
                answered += self.judge_answer(found, right, kind)
        self.assertGreater(answered, CHANGES // 4)  # else little was tested
        status, after, line, _ = subject.look()
        self.assertEqual((status, after and after["heap"]), (0, right["heap"]), line)

    def judge_answer(self, found, right, kind):
        status, answer, line, seconds = found
        self.assertIn(status, (0, 1), line)
        self.assertLess(seconds, SECONDS)
        if status == 1:
            self.assertEqual(len(line.splitlines()), 1, line)
            self.assertNotIn("worker", line)
            return False
        self.assertEqual([text for kind, text in looking.judging.consistent(answer)], [])
        if kind in ("spans", "tables"):
            for what in ("bytes", "reachable_bytes"):
                there, now = right["heap"][what], answer["heap"][what]
                if abs(now - there) > SHARE * there:
                    self.assertTrue(answer.get("warnings"),
                                    f"{what}: {now}, not {there}, and not a word")
        return True


def add(release, kind):
    setattr(Hostile, f"test_{kind}_{release.replace('.', '_')}",
            lambda self: self.judge(release, kind))


for one_release in RELEASES:
    for one_kind in ("spans", "tables", "headers", "maps", "globals"):
        if one_kind != "headers" or build.number(one_release) >= build.number("1.22"):
            add(one_release, one_kind)

if __name__ == "__main__":
    unittest.main()
