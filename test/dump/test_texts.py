# SPDX-License-Identifier: Apache-2.0
"""
Dumps that real programs of several releases print, in what the logs of others put around them: each
goroutine, state, minutes, frame and creator must be as a naive reader of the bare text has it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402
import dump  # noqa: E402
import program  # noqa: E402
import wrappings  # noqa: E402

DOWSE = os.environ["DOWSE"]
RELEASES = ["1.19", "1.22", "1.24", "1.26", "1.27"]


def dowse(*words, data=None, status=(0, 3)):
    answer = subprocess.run([DOWSE, *map(str, words)], input=data, stdout=subprocess.PIPE,
                            stdin=None if data is not None else subprocess.DEVNULL,
                            stderr=subprocess.PIPE, timeout=120, check=False)
    if answer.returncode not in status:
        raise AssertionError(f"{words}: status {answer.returncode}: {answer.stderr[-500:]}")
    return answer.stdout


def take(release, cache={}):
    """The bare text of a program with every kind of wait, frame and creator."""
    if release not in cache:
        command = build.build(release, "plain", "zoo")
        with program.Controlled(list(map(str, command))) as zoo:
            cache[release] = zoo.dump()
    return cache[release]


def place(frame):
    return frame and (frame["function"], frame["file"], frame["line"])


def facts_of(one):
    """What a document says of a goroutine."""
    creator = one["created_by"]
    return {
        "state": one["state"], "wait_s": one["wait_s"], "locked": one["locked"],
        "stack": [place(frame) for frame in one["stack"]],
        "elided": (one["elided"], one["elided_after"]),
        "creator": place(creator), "creator id": creator and creator["goroutine"],
        "bubble": one["bubble"], "labels": one["labels"],
    }


def facts_told(one):
    """What the naive reader says."""
    notes = re.sub(r" \((scan|leaked|durable)\)", "", one.state)
    unknown = one.elided < 0
    return {
        "state": notes, "wait_s": one.minutes * 60 if one.minutes else None, "locked": one.locked,
        "stack": [frame.place() for frame in one.frames],
        "elided": (None if unknown else one.elided, one.elided_after if one.elided else None),
        "creator": one.creator and one.creator.place(),
        "creator id": one.creator_id,
        "bubble": int(one.bubble.split()[-1]) if one.bubble else None,
        "labels": one.labels or None,
    }


class Texts(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = Path(cls.folder.name) / "app.log"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def document(self, data, *words):
        self.path.write_bytes(data if isinstance(data, bytes)
                              else data.encode("utf-8", "surrogateescape"))
        return json.loads(dowse("goroutines", self.path, "--all", "--system", "--format", "json",
                                *words))

    def check(self, document, text):
        told = dump.parse(text)
        found = {one["id"]: one for one in document["goroutines"]}
        self.assertEqual(list(found), list(told))
        for number, one in told.items():
            self.assertEqual(facts_of(found[number]), facts_told(one), number)

    def test_every_wrapping(self):
        for release in RELEASES:
            text = take(release)
            # All wrappings of the newest, and every one of some release.
            for i, (name, wrap) in enumerate(wrappings.WRAPPINGS.items()):
                if release != "1.27" and i % len(RELEASES) != RELEASES.index(release):
                    continue
                with self.subTest(release=release, wrapping=name):
                    document = self.document(wrap(text))
                    self.check(document, text)
                    self.assertTrue(document["complete"], document["dump"]["cut"])

    def test_round_trip(self):
        for release in RELEASES:
            for name in ("plain", "syslog", "docker", "zap", "interleaved"):
                with self.subTest(release=release, wrapping=name):
                    text = take(release)
                    self.path.write_text(wrappings.WRAPPINGS[name](text), errors="surrogateescape")
                    again = dowse("goroutines", self.path, "--system", "--format", "go")
                    self.assertEqual(again.decode("utf-8", "surrogateescape").split("\n"),
                                     text.split("\n"))

    def test_compressed_and_piped(self):
        text = take("1.26")
        data = text.encode()
        for name, packed in (("gzip", wrappings.gz(data)), ("zstd", wrappings.zst(data)),
                             ("two members", wrappings.gz(data[:50000]) + wrappings.gz(data[50000:]))):
            with self.subTest(name):
                self.check(self.document(packed), text)
                self.check(json.loads(dowse("goroutines", "-", "--all", "--system", "--format",
                                            "json", data=packed)), text)
        self.check(json.loads(dowse("goroutines", "-", "--all", "--system", "--format", "json",
                                    data=data)), text)

    def crash(self, release, level, how=signal.SIGQUIT):
        command = build.build(release, "plain", "zoo")
        with tempfile.TemporaryFile() as log:
            with program.Controlled(list(map(str, command)), log=log,
                                    environment={"GOTRACEBACK": level}) as zoo:
                bare = zoo.dump()
                os.kill(zoo.pid, how)
                zoo.process.wait(timeout=60)
            log.seek(0)
            return bare, log.read().decode("utf-8", "surrogateescape")

    def test_signals(self):
        for release, levels in (("1.19", ("crash",)), ("1.24", ("all",)),
                                ("1.27", ("system", "crash"))):
            for level in levels:
                with self.subTest(release=release, level=level):
                    bare, text = self.crash(release, level)
                    document = self.document(text)
                    self.assertNotIn("dumps", document)
                    found = {one["id"]: one for one in document["goroutines"]}
                    told = dump.parse(bare)
                    self.assertGreaterEqual(set(found), set(told))
                    self.assertIn("SIGQUIT: quit", document["dump"]["reason"])
                    # In other frames, but all that waits stands where it stood.
                    for number, one in told.items():
                        if one.elided or found[number]["elided"]:
                            continue  # of another number of frames
                        if one.state in ("chan receive", "chan send", "select (no cases)"):
                            functions = [frame["function"] for frame in found[number]["stack"]]
                            for frame in one.frames:
                                self.assertIn(frame.function, functions, number)
                    if level != "all":
                        self.assertTrue(any(one["system"] for one in found.values()))
                    # Up to 1.24 debug=2 leaves coroutines out; a crash shows them.
                    users = {n for n, one in found.items() if not one["system"] and
                             (n in told or one["state"] != "coroutine")}
                    self.assertEqual(users, set(told), [found[n] for n in users - set(told)])

    def test_labels_like_lines(self):
        """A label's value has what looks like a line's end elsewhere: quoted, it is a header still."""
        for labels in (r'{"a": "b:\n"}', r'{"a": "b:\nc", "d": "e"}', '{"a": "b:#012"}'):
            text = f"goroutine 7 [select] {labels}:\nmain.a()\n\t/x/a.go:1 +0x1\n\n" \
                   "goroutine 9 [select]:\nmain.b()\n\t/x/b.go:1 +0x1\n"
            for name in ("plain", "crlf", "syslog", "docker"):
                with self.subTest(labels=labels, wrapping=name):
                    document = self.document(wrappings.WRAPPINGS[name](text))
                    self.assertEqual([(one["id"], one["labels"])
                                      for one in document["goroutines"]], [(7, labels), (9, None)])

    def test_several(self):
        first, second = take("1.24"), take("1.27")
        data = "start\n" + first.rstrip("\n") + "\n\nmore\n" + second.rstrip("\n") + "\n\nend\n"
        document = self.document(data)
        self.assertEqual([one["line"] for one in document["dumps"]],
                         [2, 2 + len(first.rstrip("\n").split("\n")) + 2])
        for one, text in zip(document["dumps"], (first, second)):
            self.check(one, text)
        self.check(self.document(data, "--dump", "2"), second)
        text = dowse("goroutines", self.path).decode()
        self.assertIn("goroutine dump 2 of 2", text)
        self.assertIn("--dump N", text)

    def test_counts(self):
        profile = "goroutine profile: total 7\n4 @ 0x43a5c5 0x409e4e\n" \
                  "# labels: {\"request\":\"7\"}\n" \
                  "#\t0x409ad4\tmain.leak.func1+0x24\t/src/main.go:12\n" \
                  "#\t0x409ad5\tmain.(*Cart[...]).watch+0x25\t\t/src/a b/cart.go:9\n\n" \
                  "3 @ 0x43a5c5\n#\t0x4\tmain.other+0x1\t/src/main.go:3\n\n"
        document = self.document(profile)
        self.assertEqual(document["goroutine_count"], 7)
        self.assertEqual([one["count"] for one in document["goroutines"]], [4, 3])
        one = document["goroutines"][0]
        self.assertEqual([one["id"], one["state"], one["labels"]], [None, None, '{"request":"7"}'])
        self.assertEqual([place(frame) for frame in one["stack"]],
                         [("main.leak.func1", "/src/main.go", 12),
                          ("main.(*Cart[...]).watch", "/src/a b/cart.go", 9)])
        self.assertTrue(document["complete"])
        cut = self.document(profile[:profile.index("3 @")])
        self.assertEqual(cut["goroutine_count"], 4)
        self.assertFalse(cut["complete"])

    def test_cut(self):
        """Wherever the text ends, the goroutines before are right, and the last is marked."""
        text = take("1.26")[:6000]
        text = text[:text.rindex("\n\n")] + "\n"
        whole = dump.parse(text)
        ends = [match.start() for match in re.finditer(r"\n\n|\Z", text)]
        for at in range(30, len(text), 37):
            document = self.document(text[:at])
            complete = sum(end <= at for end in ends)
            for one, told in zip(document["goroutines"][:complete], whole.values()):
                self.assertEqual(facts_of(one), facts_told(told))
            self.assertLessEqual(len(document["goroutines"]), complete + 1)
            inside = at not in ends and at - 1 not in ends and at - 2 not in ends
            if inside and text[at - 1] != "\n" and not text[:at].endswith(tuple("0123456789abcdef")):
                self.assertTrue(document["goroutines"][-1]["problem"] or
                                len(document["goroutines"]) == complete, at)

    def test_runtime_limit(self):
        text = take("1.26").rstrip("\n") + "\n\n"
        limit = 64 << 20
        blocks, size, number = [], 0, 1
        while size < limit:
            one = re.sub(r"(?m)^goroutine \d+", lambda m: f"goroutine {next(numbers)}", text) \
                if (numbers := iter(range(number, number + 100000))) else text
            number = next(numbers)
            blocks.append(one)
            size += len(one)
        data = "".join(blocks).encode()[:limit]
        document = self.document(data)
        self.assertFalse(document["complete"])
        self.assertIn("64 MiB", document["dump"]["cut"])
        self.assertEqual(document["goroutine_count"], data.count(b"\n\ngoroutine ") + 1)

    def test_nothing_there(self):
        self.path.write_text("hello\ngoroutine 1 is not one\n" * 100)
        answer = subprocess.run([DOWSE, str(self.path)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"no goroutine dump", answer.stderr)


class Judgement(unittest.TestCase):
    def test_nil_channels(self):
        text = take("1.26")
        report = json.loads(dowse("-", "--format", "json", data=text.encode()))
        found = {one["rule"]: one["certainty"] for one in report["findings"]}
        self.assertEqual(found["nil-channel"], "proved")
        self.assertEqual(found["select-without-cases"], "proved")
        nil = sum("(nil chan)" in one.state for number, one in dump.parse(text).items()
                  if number != 1 and not one.bubble)
        self.assertEqual(sum(one["count"] for one in report["findings"]
                             if one["rule"] == "nil-channel"), nil)
        cut = json.loads(dowse("-", "--format", "json", data=text[:-20].encode()))
        self.assertEqual({one["certainty"] for one in cut["findings"]
                          if one["rule"] == "nil-channel"}, {"likely"})


if __name__ == "__main__":
    unittest.main()
