# SPDX-License-Identifier: Apache-2.0
"""
Spans of a stopped process that claim too much, one kind of lie at a time: more memory than there is,
memory of nobody, many slots in more than the runtime would share out. Each is left out and told of, and
what is left is counted right, in time. Descriptions that are not in use may say what they like.
"""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import looking  # noqa: E402
from test_hostile import PAGE, SECONDS, WORD, Subject, find_words  # noqa: E402

RELEASES = ["1.19", "1.22", "1.26"]
START, PAGES = 24, 32  # startAddr and npages, in every release
SPANS = 4


class Lies(unittest.TestCase):
    def lie(self, change):
        """`change` gives what a span's two words are to be."""
        for release in RELEASES:
            subject = Subject(release)
            self.addCleanup(subject.stop)
            status, right, line, _ = subject.begin
            self.assertEqual(status, 0, line)
            # Such of one page hold several small objects. What nothing leads to only looks like one.
            named = {word for _, word in
                     find_words(subject.memory, subject.heap, set(subject.spans))}
            spans = [at for at in sorted(named) if subject.memory.word(at + PAGES) == 1]
            self.assertGreater(len(spans), SPANS)
            told = 0
            for at in spans[::len(spans) // SPANS]:
                with self.subTest(release=release, span=f"{at:#x}"):
                    words = change(subject.memory.word(at + START))
                    for offset, word in zip((START, PAGES), words):
                        subject.memory.change(at + offset, WORD.pack(word % (1 << 64)))
                    try:
                        status, answer, line, seconds = subject.look()
                    finally:
                        subject.memory.restore()
                    self.assertLess(seconds, SECONDS)
                    self.assertNotIn("out of memory", line)
                    if status == 1:  # the memory that dowse keeps is found by spans, too
                        told += 1
                        continue
                    self.assertEqual(status, 0, line)
                    told += bool(answer["warnings"])
                    if not answer["warnings"]:
                        self.assertEqual(answer["heap"], right["heap"])
                    self.assertEqual([text for _, text in looking.judging.consistent(answer)], [])
                    self.assertLessEqual(answer["heap"]["bytes"], right["heap"]["bytes"])
            self.assertGreaterEqual(told, SPANS // 2)
            subject.stop()

    def test_more_than_there_is(self):
        self.lie(lambda start: (start, (1 << 46) // PAGE))

    def test_from_nowhere(self):
        self.lie(lambda start: (start - (1 << 36), (1 << 37) // PAGE))

    def test_between_pages(self):
        self.lie(lambda start: (start + 8, 1))

    def test_many_slots_in_much(self):
        self.lie(lambda start: (start, (2 << 20) // PAGE))


if __name__ == "__main__":
    unittest.main()
