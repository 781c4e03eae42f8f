# SPDX-License-Identifier: Apache-2.0
"""A page holds just what the verb says as JSON, in the bundle that is checked in."""

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
        found = re.fullmatch(r'<script type="application/json">([^<>&]*)</script>\n', between)
        self.assertIsNotNone(found, between[:500])
        document = json.loads(found.group(1))
        self.assertEqual(document, json.loads(self.dowse(*verb, path, "--format", "json")))
        return document

    def test_diagnosis(self):
        self.assertTrue(self.check(DUMP)["findings"])

    def test_goroutines(self):
        self.assertIn("</script><img/src=x>&lt;", json.dumps(self.check(DUMP, "goroutines")))

    def test_gctrace(self):
        self.assertEqual(len(self.check(TRACE, "gctrace")["cycles"]), 29)

    def test_what_fails_writes_no_page(self):
        result = subprocess.run([DOWSE, "goroutines", "/dev/null", "--format", "html"],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual((result.returncode, result.stdout), (1, b""))

    def test_what_has_no_json_has_no_page(self):
        result = subprocess.run([DOWSE, "explain", "L6", "--format", "html"],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual(result.returncode, 2)
