# SPDX-License-Identifier: Apache-2.0
"""A page holds just what the verb says as JSON, in the bundle that is checked in."""

import base64
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

DOWSE = os.environ["DOWSE"]
BUNDLE = (Path(os.environ["SOURCE_DIR"]) / "web" / "dist" / "page.html").read_text()
DUMP = """goroutine 1 [chan receive (nil chan), 20 minutes]:
main.</script><img/src=x>&lt;(...)
	/src/shop/main.go:10 +0x1b

goroutine 7 [chan send (nil chan), 20 minutes]:
main.idle()
	/src/shop/main.go:20 +0x1b
created by main.main in goroutine 1
	/src/shop/main.go:5 +0x2d
"""
TRACE = "".join(
    "gc %d @%d.0s 1%%: 0.1+1.0+0.1 ms clock, 0.2+0.3/0.4/0.5+0.2 ms cpu, %d->%d->%d MB, %d MB goal, 4 P\n"
    % (i, i, 8 + i, 9 + i, 6 + i, 12 + i) for i in range(1, 30)
)  # fmt: skip

# Stacks, outermost first, with what they hold.
STACKS = (
    (("main.main", "main.store", "main.put"), 4096), (("main.main", "main.store"), 100),
    (("main.main", "main.store", "main.put", "main.put"), 7), (("main.idle", "main.rest"), 64),
    (("main.main", "http.Serve", "main.store"), 2**40), (("main.main", "http.Serve"), 1),
)  # fmt: skip


def folded(stacks):
    return "".join("%s %d\n" % (";".join(stack), value) for stack, value in stacks)


def unfold(flame):
    """The stacks of the tree with what ends there, and its nodes, by the format of docs/json.md."""
    data, numbers = base64.b64decode(flame["nodes"], validate=True), []
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    path, found, below = [], {}, 0
    for i in range(0, len(numbers), 3):
        up, name, self = numbers[i : i + 3]
        path[below - up :] = [flame["names"][name]]
        below = len(path)
        self = -(self + 1) // 2 if self & 1 else self // 2
        if self:
            assert tuple(path) not in found
            found[tuple(path)] = self
    return found, len(numbers) // 3


class Written(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def dowse(self, *words):
        result = subprocess.run([DOWSE, *words], stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=120, check=False)  # fmt: skip
        self.assertIn(result.returncode, (0, 3), result.stderr)
        return result.stdout.decode()

    def check(self, text, *verb):
        path = os.path.join(self.folder.name, "a.txt")
        Path(path).write_text(text)
        page = self.dowse(*verb, path, "--format", "html")
        head, tail = BUNDLE.split("<!--documents-->\n")
        self.assertTrue(page.startswith(head) and page.endswith(tail))
        between = page[len(head) : len(page) - len(tail)]
        element = r'<script type="application/json">([^<>&]*)</script>\n'
        self.assertIsNotNone(re.fullmatch("(?:%s)+" % element, between), between[:500])
        document = json.loads(re.match(element, between).group(1))
        self.assertEqual(document, json.loads(self.dowse(*verb, path, "--format", "json")))
        return document

    def test_diagnosis(self):
        self.assertTrue(self.check(DUMP)["findings"])

    def test_goroutines(self):
        self.assertIn("</script><img/src=x>&lt;", json.dumps(self.check(DUMP, "goroutines")))

    def test_gctrace(self):
        self.assertEqual(len(self.check(TRACE, "gctrace")["cycles"]), 29)

    def given_back(self, text):
        path = os.path.join(self.folder.name, "a.txt")
        Path(path).write_text(text)
        found = {}
        for line in self.dowse("profile", path, "--format", "folded").splitlines():
            stack, value = line.rsplit(" ", 1)
            key = tuple(stack.split(";"))
            found[key] = found.get(key, 0) + int(value)
        return found

    def test_a_profile_is_a_tree_of_its_stacks(self):
        text = folded(STACKS)
        document = self.check(text, "profile")
        found, count = unfold(document["flame"])
        self.assertEqual(found, self.given_back(text))
        self.assertEqual(found, dict(STACKS))
        self.assertEqual((count, document["flame"]["node_count"]), (8, 8))
        self.assertEqual((document["flame"]["left_out"], document["flame"]["left_out_value"]), (0, 0))

    def test_too_many_calls_count_for_their_callers(self):
        """Each stack has callers of its own: 640,000 calls, of which the larger half is kept."""
        stacks = [(("main.main", *("main.f%d_%d" % (i, k) for k in range(40))), 1000 + i)
                  for i in range(16000)]
        text = folded(stacks)
        path = os.path.join(self.folder.name, "a.txt")
        Path(path).write_text(text)
        flame = json.loads(self.dowse("profile", path, "--format", "json"))["flame"]
        found, count = unfold(flame)
        self.assertEqual(count, flame["node_count"])
        self.assertLessEqual(count, 500000)
        self.assertGreater(count, 100000)
        self.assertEqual(count + flame["left_out"], 1 + 40 * 16000)
        self.assertEqual(sum(found.values()) + flame["left_out_value"], sum(self.given_back(text).values()))

    def test_a_difference_has_signs(self):
        paths = []
        for name, value in (("a", 500), ("b", 100)):
            paths.append(os.path.join(self.folder.name, name))
            Path(paths[-1]).write_text(folded([(("main.main", "main.one"), value), (("main.main", "main.two"), 600 - value)]))
        flame = json.loads(self.dowse("profile", paths[1], "--against", paths[0], "--format", "json"))["flame"]
        found, _ = unfold(flame)
        self.assertEqual({stack[-1]: value > 0 for stack, value in found.items()},
                         {"main.one": False, "main.two": True})

    def test_a_diagnosis_has_goroutines_besides(self):
        path = os.path.join(self.folder.name, "a.txt")
        Path(path).write_text(DUMP)
        found = re.findall(r'<script type="application/json">([^<>&]*)</script>', self.dowse(path, "--format", "html"))
        self.assertEqual(json.loads(found[1])["groups"],
                         json.loads(self.dowse("goroutines", path, "--format", "json"))["groups"])

    def test_what_fails_writes_no_page(self):
        result = subprocess.run([DOWSE, "goroutines", "/dev/null", "--format", "html"],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual((result.returncode, result.stdout), (1, b""))

    def test_what_has_no_json_has_no_page(self):
        result = subprocess.run([DOWSE, "explain", "L6", "--format", "html"],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual(result.returncode, 2)
