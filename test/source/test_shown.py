# SPDX-License-Identifier: Apache-2.0
"""Source lines in reports: of a stripped program built by -trimpath, whose tree was moved since."""

import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "report"))

import subjects  # noqa: E402
from subjects import dowse, dowse_json  # noqa: E402

MAIN = """package main

import (
	"fmt"
	"time"

	"example.invalid/parcel/box"
)

func main() {
	box.New().Watch()
	fmt.Println("open")
	time.Sleep(10 * time.Minute)
}
"""
BOX = """package box

// Box is never filled.
type Box struct{ things chan string }

// New makes one.
func New() *Box { return &Box{things: make(chan string)} }

// Watch waits for things.
func (b *Box) Watch() {
	go func() {
		thing := <-b.things // \x1b[31m \u202e <script> and what a line can hold besides: %s
		b.keep(thing)
	}()
}

func (b *Box) keep(string) {}
""" % ("x" * 300)
LINE = 1 + [line.strip()[:5] for line in BOX.split("\n")].index("thing")
LONG_AGO = 1000000000
SANITIZED = os.environ.get("DOWSE_SANITIZED") == "1"

room = {}


def setUpModule():
    folder = Path(tempfile.mkdtemp(prefix="dowse-shown-"))
    room["folder"] = folder
    built, tree = folder / "built", folder / "parcel"
    for path, text in (("go.mod", "module example.invalid/parcel\n\ngo 1.19\n"),
                       ("cmd/parceld/main.go", MAIN), ("box/box.go", BOX)):
        (built / path).parent.mkdir(parents=True, exist_ok=True)
        (built / path).write_text(text)
    subjects.build.run(["nice", "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
                        "-o", str(folder / "parceld"), "./cmd/parceld"],
                       subjects.build.go_environment(subjects.RELEASE), built, 600)
    built.rename(tree)
    room["program"] = subjects.Shop(folder / "parceld")
    until = time.monotonic() + 120
    while not dowse_json(room["program"].pid)["findings"] and time.monotonic() < until:
        time.sleep(0.2)
    room["moment"] = folder / "parcel.snap"
    dowse("snapshot", room["program"].pid, "-o", room["moment"])


def tearDownModule():
    if "program" in room:
        room["program"].stop()
    shutil.rmtree(room["folder"], ignore_errors=True)


class Shown(unittest.TestCase):
    def setUp(self):
        """A tree as it was built from, which a test may spoil."""
        self.tree = room["folder"] / "moved"
        shutil.copytree(room["folder"] / "parcel", self.tree)
        self.addCleanup(shutil.rmtree, self.tree)
        self.box = self.tree / "box" / "box.go"
        os.utime(self.box, (LONG_AGO, LONG_AGO))
        self.elsewhere = {"cwd": "/usr", "environment": {"PWD": "/usr"}}
        self.inside = {"cwd": self.tree, "environment": {"PWD": str(self.tree)}}

    def finding(self, *words, **options):
        one, = [finding for finding in
                dowse_json(*words, **(options or self.elsewhere))["findings"]
                if finding["line"] == LINE]
        return one

    def source(self, *words, **options):
        return self.finding(*words, **options)["source"]

    def state(self):
        return self.source(room["moment"], "--source", self.tree)["state"]

    def check_text(self, text):
        line, = [line for line in text.splitlines() if "→" in line and f" {LINE}  " in line]
        self.assertIn("thing := <-b.things // \\x1b[31m \\u202e <script>", line)
        self.assertLessEqual(len(line), 100)
        self.assertTrue(line.endswith("…"), line)
        self.assertIn(f"  {LINE - 1}  go func() {{\n", text)

    def test_not_at_hand(self):
        self.assertIsNone(self.source(room["moment"]))
        self.assertIsNone(self.source(room["moment"], "--source", self.tree / "cmd"))
        self.assertIsNone(self.source(room["moment"], "--source", "/no/such/folder"))

    def test_a_process(self):
        self.check_text(dowse(room["program"].pid, "--source", self.tree, **self.elsewhere))

    def test_a_snapshot(self):
        self.check_text(dowse(room["moment"], "--source", self.tree, **self.elsewhere))
        self.check_text(dowse(room["moment"], "--all", **self.inside))
        found = self.finding(room["moment"], "--source", "/usr/lib", "--source", self.tree)
        source = found["source"]
        self.assertEqual(source["file"], str(self.box))
        self.assertEqual(source["state"], "same")
        self.assertEqual(source["first_line"], LINE - 2)
        lines = BOX.split("\n")[LINE - 3:LINE + 2]
        self.assertEqual(source["lines"][:2] + source["lines"][3:], lines[:2] + lines[3:])
        self.assertEqual(source["lines"][2], lines[2])
        self.assertEqual(found["created_by"]["source"]["first_line"], LINE - 3)

    def test_a_dump(self):
        """It has no build information: the path's end is all there is to go by."""
        text = dowse("goroutines", room["moment"], "--format", "go")
        header = re.search(r"goroutine (\d+) \[chan receive[^]]*\]:\n(?:.+\n)+", text)
        crowd = [re.sub(r"goroutine .*\]:", f"goroutine {1000 + i} [chan receive, {i} minutes]:",
                        header[0]) for i in range(2, 400)]
        dump = room["folder"] / "parcel.dump"
        dump.write_text(text + "\n" + "\n".join(crowd))
        os.utime(dump, (LONG_AGO + 1, LONG_AGO + 1))
        source = self.source(dump, "--source", self.tree)
        self.assertEqual((source["file"], source["state"]), (str(self.box), "same"))
        os.utime(dump, (LONG_AGO - 1, LONG_AGO - 1))
        self.assertEqual(self.source(dump, "--source", self.tree)["state"], "unsure")

    def test_sarif(self):
        run, = json.loads(dowse(room["moment"], "--format", "sarif", **self.inside))["runs"]
        place, = [result["locations"][0]["physicalLocation"] for result in run["results"]
                  if result["locations"][0]["physicalLocation"]["region"]["startLine"] == LINE]
        self.assertEqual(place["artifactLocation"], {"uri": "box/box.go", "uriBaseId": "%SRCROOT%"})
        self.assertIn("<-b.things", place["region"]["snippet"]["text"])
        context = place["contextRegion"]
        self.assertEqual((context["startLine"], context["endLine"]), (LINE - 2, LINE + 2))
        self.assertEqual(len(context["snippet"]["text"].split("\n")), 5)

    def test_github(self):
        text = dowse(room["moment"], "--format", "github", "--source", self.tree, **self.inside)
        line, = [line for line in text.splitlines() if f"line={LINE}," in line]
        self.assertIn("file=box/box.go,", line)
        self.assertIn("%0ALine: thing := <-b.things // \\x1b[31m", line)

    def test_younger(self):
        os.utime(self.box, (time.time() + 3600,) * 2)
        self.assertEqual(self.state(), "unsure")
        text = dowse(room["moment"], "--source", self.tree, **self.elsewhere)
        self.check_text(text)
        self.assertIn("box.go may have changed since the program was built.", text)
        report = dowse(room["moment"], "--format", "sarif", "--source", self.tree, **self.elsewhere)
        self.assertNotIn("snippet", report)

    def test_another_function_stands_there(self):
        for text in (BOX.replace("func New()", "func Old() {\n}\n\nfunc Older() {\n}\n\nfunc New()"),
                     BOX.replace("Watch()", "See()"), BOX.replace("*Box) W", "*Crate) W"),
                     BOX.replace("package box", "package main"), "package box\n"):
            with self.subTest(text=text[:60]):
                self.box.write_text(text)
                os.utime(self.box, (LONG_AGO, LONG_AGO))
                source = self.source(room["moment"], "--source", self.tree)
                self.assertEqual((source["state"], source["lines"]), ("changed", []))
                told = dowse(room["moment"], "--source", self.tree, **self.elsewhere)
                self.assertIn("box.go has changed since the program was built.", told)
                self.assertNotIn("→   ", told)

    def test_links(self):
        """A link may lead to Go source alone, whatever it is called itself."""
        secret, other = room["folder"] / "secret", room["folder"] / "other.go"
        for path in (secret, other):
            path.write_text(BOX)
            os.utime(path, (LONG_AGO, LONG_AGO))
            self.box.unlink()
            self.box.symlink_to(path)
            found = self.source(room["moment"], "--source", self.tree)
            self.assertEqual(found is not None, path == other or SANITIZED)

    def test_no_file(self):
        """Neither opened nor waited for."""
        self.box.unlink()
        os.mkfifo(self.box)
        self.assertIsNone(self.source(room["moment"], "--source", self.tree))
        self.box.unlink()
        self.box.symlink_to("/dev/zero")
        self.assertIsNone(self.source(room["moment"], "--source", self.tree))

    def test_wrong_use(self):
        dowse(room["moment"], "--source", "", status=2)
        dowse("heap", room["moment"], "--source", self.tree, status=2)


if __name__ == "__main__":
    unittest.main()
