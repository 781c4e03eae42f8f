#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The judge judged: given an answer that is right it must agree, and every alteration of a right
answer must be noticed, each under its own name.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import build  # noqa: E402
import compare  # noqa: E402
import dump  # noqa: E402
import judge  # noqa: E402
import program  # noqa: E402

PID = 4242

SAMPLE = """\
goroutine 1 [running]:
main.main()
\t/src/main.go:10 +0x1d

goroutine 7 [chan receive (nil chan), 3 minutes]:
main.wait(...)
\t/src/main.go:20
main.(*Stack[...]).Each(0xc000012345, {0x1, {0x2, ...}, _}, 0x7?)
\t/src/a b/"odd":name.go:30 +0x2f
created by main.main in goroutine 1
\t/src/main.go:5 +0x85

goroutine 8 [syscall, locked to thread]:
syscall.Syscall(0x0, 0x3, 0xc00001)
\t/go/src/syscall/syscall.go:70 +0x25
main.read()
\t/src/main.go:50 +0x11
created by main.init.0
\t/src/main.go:45 +0x1a

goroutine 9 [select (durable), 12 minutes, synctest bubble 4] {k: v, "a b": "c"}:
main.f.func1(func())
\t/src/main.go:60 +0xa
panic({0x1, 0x2})
\t/go/src/runtime/panic.go:100 +0xb
...902 frames elided...
main.g()
\t/src/main.go:61 +0x1
created by main.f in goroutine 7
\t/src/main.go:59 +0x2

goroutine 10 [runnable]:
main.spin()
\t/src/main.go:70 +0x3
created by main.main in goroutine 1
\t/src/main.go:6 +0x99

goroutine 11 [chan receive labels:{"k": "v"}]:
main.h({0x0, 0x0}, 0x1)
\t/src/main.go:80 +0x4
"""


def document(goroutines, pid=PID):
    """What dowse would say, if it said all that the dump says."""
    answer = []
    for one in goroutines.values():
        creator = None
        if one.creator:
            creator = {"function": one.creator.function, "file": one.creator.file,
                       "line": one.creator.line, "goroutine": one.creator_id}
        answer.append({
            "id": one.id, "state": one.state + "".join(one.notes), "wait_s": one.minutes * 60 + 7,
            "locked": one.locked, "elided": one.elided, "created_by": creator,
            "stack": [{"function": f.function, "file": f.file, "line": f.line}
                      for f in one.frames]})
    return {"dowse": 1, "target": {"pid": pid}, "goroutines": answer}


def settle(before, after, said, text, pid=PID, quiet=True):
    look = compare.compare_json(before, after, said, pid)
    compare.compare_text(look, before, after, text)
    return compare.settle([look], quiet)


class Reading(unittest.TestCase):
    def setUp(self):
        self.goroutines = dump.parse(SAMPLE)

    def test_headers(self):
        g = self.goroutines
        self.assertEqual(list(g), [1, 7, 8, 9, 10, 11])
        self.assertEqual((g[7].state, g[7].minutes, g[7].notes), ("chan receive (nil chan)", 3, ()))
        self.assertEqual((g[8].state, g[8].locked), ("syscall", True))
        self.assertEqual((g[9].state, g[9].notes, g[9].minutes, g[9].bubble),
                         ("select", (" (durable)",), 12, "synctest bubble 4"))
        self.assertEqual(g[9].labels, '{k: v, "a b": "c"}')
        self.assertEqual((g[11].state, g[11].labels), ("chan receive", '{"k": "v"}'))

    def test_frames(self):
        g = self.goroutines
        self.assertEqual(g[7].frames[0].place(), ("main.wait", "/src/main.go", 20))
        self.assertEqual(g[7].frames[0].offset, "")
        self.assertEqual(g[7].frames[1].place(),
                         ("main.(*Stack[...]).Each", '/src/a b/"odd":name.go', 30))
        self.assertEqual(g[7].frames[1].arguments, "(0xc000012345, {0x1, {0x2, ...}, _}, 0x7?)")
        self.assertEqual(g[9].frames[0].function, "main.f.func1")
        self.assertEqual((g[9].elided, g[9].elided_after), (902, 2))
        self.assertEqual((g[7].creator.function, g[7].creator_id), ("main.main", 1))
        self.assertEqual((g[8].creator.function, g[8].creator_id), ("main.init.0", None))
        self.assertIsNone(g[1].creator)

    def test_nothing_is_lost(self):
        text = "\n".join(one.text for one in self.goroutines.values())
        self.assertEqual(text, SAMPLE)

    def test_malformed(self):
        for text in ("goroutine x [running]:\n", "goroutine 1 [running]:\nmain.f()\n",
                     "goroutine 1 [running]:\nmain.f\n\t/a.go:1\n",
                     "goroutine 1 [running]:\nmain.f()\n\t/a.go\n",
                     SAMPLE + "\ngoroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n"):
            with self.assertRaises(dump.DumpError, msg=text):
                dump.parse(text)


class Judging(unittest.TestCase):
    def setUp(self):
        self.goroutines = dump.parse(SAMPLE)
        self.document = document(self.goroutines)

    def verdict(self, said=None, text=SAMPLE, after=SAMPLE, before=SAMPLE, **options):
        return settle(dump.parse(before), dump.parse(after), said or self.document, text,
                      **options)

    def altered(self, number, **changes):
        said = copy.deepcopy(self.document)
        for one in said["goroutines"]:
            if one["id"] == number:
                one.update(changes)
        return said

    def frame_altered(self, number, position, **changes):
        said = copy.deepcopy(self.document)
        for one in said["goroutines"]:
            if one["id"] == number:
                one["stack"][position].update(changes)
        return said

    def assert_noticed(self, said, kind):
        verdict = self.verdict(said)
        self.assertIn(kind, verdict.differences, dict(verdict.differences))
        self.assertLess(verdict.per_mille(), 999.0)

    def test_agreement(self):
        verdict = self.verdict()
        self.assertEqual((verdict.still, verdict.moved), (4, 2))  # running and runnable move
        self.assertEqual(verdict.per_mille(), 1000.0, dict(verdict.differences))
        self.assertEqual(verdict.text_per_mille(), 1000.0, dict(verdict.text_differences))

    def test_missing(self):
        for number in (7, 8, 9, 11):
            said = copy.deepcopy(self.document)
            said["goroutines"] = [g for g in said["goroutines"] if g["id"] != number]
            self.assert_noticed(said, "missing")

    def test_nothing_said(self):
        for said in ({"target": {"pid": PID}}, {"target": {"pid": PID}, "goroutines": []}):
            self.assert_noticed(said, "missing")
            self.assertEqual(self.verdict(said).per_mille(), 0.0)

    def test_extra(self):
        said = copy.deepcopy(self.document)
        said["goroutines"].append({**said["goroutines"][1], "id": 12})
        self.assert_noticed(said, "extra")

    def test_extra_in_the_text_alone(self):
        text = SAMPLE + "\ngoroutine 99 [select]:\nmain.f()\n\t/a.go:1 +0x1\n"
        self.assertIn("extra", self.verdict(text=text).differences)

    def test_moving_ones_must_be_there(self):
        for number in (1, 10):
            said = copy.deepcopy(self.document)
            said["goroutines"] = [g for g in said["goroutines"] if g["id"] != number]
            self.assert_noticed(said, "lost")
        self.assert_noticed(self.altered(10, created_by=None), "lost")
        self.assertEqual(self.verdict(self.altered(10, state="running", stack=[])).per_mille(),
                         1000.0)

    def test_what_ends_in_a_quiet_program(self):
        after = SAMPLE.replace(SAMPLE.split("\n\n")[2] + "\n\n", "")
        verdict = self.verdict(after=after)
        self.assertIn("ended", verdict.differences)
        self.assertLess(verdict.per_mille(), 999.0)
        self.assertEqual(self.verdict(after=after, quiet=False).per_mille(), 1000.0)

    def test_layout(self):
        for text in (SAMPLE + "\n", SAMPLE.replace("\n\n", "\n\n\n", 1), SAMPLE[:-1], "\n" + SAMPLE):
            self.assertIn("layout", [kind for kind, _ in self.verdict(text=text).general], text)

    def test_twice(self):
        said = copy.deepcopy(self.document)
        said["goroutines"].append(said["goroutines"][1])
        verdict = self.verdict(said)
        self.assertEqual(verdict.general[0][0], "twice")
        self.assertEqual(verdict.per_mille(), 0.0)

    def test_wrong_pid(self):
        for said in (document(self.goroutines, PID + 1), {"goroutines": self.document["goroutines"]}):
            verdict = self.verdict(said)
            self.assertEqual(verdict.general[0][0], "wrong pid")
            self.assertEqual(verdict.per_mille(), 0.0)

    def test_state(self):
        for number, state in ((7, "chan receive"), (7, "chan send (nil chan)"), (8, "running"),
                              (9, "chan receive (durable)"), (9, ""), (9, None)):
            self.assert_noticed(self.altered(number, state=state), "state")

    def test_state_with_or_without_its_note(self):
        for state in ("select", "select (durable)"):
            self.assertEqual(self.verdict(self.altered(9, state=state)).per_mille(), 1000.0)

    def test_minutes(self):
        for wait in (179.9, 240, None, 0):
            self.assert_noticed(self.altered(7, wait_s=wait), "minutes")
        self.assertEqual(self.verdict(self.altered(7, wait_s=180.1)).per_mille(), 1000.0)
        self.assertEqual(self.verdict(self.altered(8, wait_s=None)).per_mille(), 1000.0)
        self.assert_noticed(self.altered(8, wait_s=60), "minutes")

    def test_a_minute_passes(self):
        after = SAMPLE.replace("3 minutes", "4 minutes")
        for wait, share in ((239, 1000.0), (241, 1000.0), (301, 750.0), (179, 750.0)):
            said = self.altered(7, wait_s=wait)
            self.assertEqual(self.verdict(said, after=after).per_mille(), share, wait)

    def test_locked(self):
        self.assert_noticed(self.altered(8, locked=False), "locked to thread")
        self.assert_noticed(self.altered(7, locked=True), "locked to thread")

    def test_frames(self):
        self.assert_noticed(self.frame_altered(7, 1, function="main.(*Stack[int]).Each"),
                            "frame's function")
        self.assert_noticed(self.frame_altered(7, 1, file="/src/b"), "frame's file")
        self.assert_noticed(self.frame_altered(7, 0, line=21), "frame's line")
        self.assert_noticed(self.frame_altered(9, 1, function="runtime.gopanic"),
                            "frame's function")

    def test_frames_missing_extra_and_in_another_order(self):
        stack = self.document["goroutines"][3]["stack"]
        self.assert_noticed(self.altered(9, stack=stack[:-1]), "frames missing")
        self.assert_noticed(self.altered(9, stack=stack[1:]), "frames missing")
        self.assert_noticed(self.altered(9, stack=stack + [{"function": "runtime.goexit",
                                                             "file": "/x", "line": 1}]),
                            "frames extra")
        self.assert_noticed(self.altered(9, stack=stack + stack[-1:]), "frames repeated")
        self.assert_noticed(self.altered(9, stack=stack[::-1]), "frame's function")
        self.assert_noticed(self.altered(9, stack=[]), "frames missing")
        self.assert_noticed(self.altered(9, stack=None), "stack missing")

    def test_elided(self):
        self.assert_noticed(self.altered(9, elided=901), "elided frames")
        self.assert_noticed(self.altered(7, elided=1), "elided frames")

    def test_creator(self):
        creator = self.document["goroutines"][1]["created_by"]
        for change in ({"function": "main.x"}, {"file": "/x"}, {"line": 6}):
            self.assert_noticed(self.altered(7, created_by={**creator, **change}), "creator")
        self.assert_noticed(self.altered(7, created_by=None), "creator")
        self.assert_noticed(self.altered(11, created_by=creator), "creator")
        self.assert_noticed(self.altered(7, created_by={**creator, "goroutine": 2}),
                            "creator's goroutine")
        self.assert_noticed(self.altered(8, created_by={
            **self.document["goroutines"][2]["created_by"], "goroutine": 1}), "creator's goroutine")

    def test_text(self):
        for old, new, kind in (
                ("0xc000012345", "0xc000012346", "arguments"), ("0x7?", "0x7", "arguments"),
                ("{0x1, {0x2, ...}, _}", "{0x1, {0x2}, _}", "arguments"),
                ("main.wait(...)", "main.wait()", "arguments"), ("+0x2f", "+0x2e", "offset"),
                ("go:30 +0x2f", "go:31 +0x2f", "place"), ("main.go:50 +0x11", "main.go:50", "offset"),
                (", locked to thread", "", "header"), (" (durable)", "", "header"),
                ("synctest bubble 4", "synctest bubble 5", "header"),
                (' {k: v, "a b": "c"}', "", "header"), ('labels:{"k": "v"}', "", "header"),
                ("[chan receive (nil", "[chan send (nil", "header"),
                ("902 frames", "901 frames", "function"),
                ("...902 frames elided...\n", "", "number of lines"),
                ("created by main.f in goroutine 7", "created by main.f", "created by"),
                ("main.init.0", "main.init.1", "created by"),
                ("panic({", "runtime.gopanic({", "function")):
            self.assertIn(old, SAMPLE)
            verdict = self.verdict(text=SAMPLE.replace(old, new))
            self.assertIn(kind, verdict.text_differences, (old, dict(verdict.text_differences)))
            self.assertLess(verdict.text_per_mille(), 999.0)
            self.assertEqual(verdict.per_mille(), 1000.0)

    def test_text_minutes(self):
        for minutes, share in ((2, 750.0), (3, 1000.0), (4, 1000.0), (5, 750.0)):
            verdict = self.verdict(text=SAMPLE.replace(" 3 min", f" {minutes} min"),
                                   after=SAMPLE.replace(" 3 min", " 4 min"))
            self.assertEqual(verdict.text_per_mille(), share, minutes)

    def test_text_missing(self):
        text = SAMPLE.replace(SAMPLE.split("\n\n")[2] + "\n\n", "")
        verdict = self.verdict(text=text)
        self.assertIn("missing", verdict.text_differences)

    def test_text_order(self):
        blocks = SAMPLE.rstrip("\n").split("\n\n")
        blocks[1], blocks[2] = blocks[2], blocks[1]
        verdict = self.verdict(text="\n\n".join(blocks) + "\n")
        self.assertEqual(verdict.general[0][0], "order")

    def test_what_moved_is_not_judged(self):
        after = SAMPLE.replace("/src/main.go:20", "/src/main.go:21")
        verdict = self.verdict(self.altered(7, state="nonsense"), after=after)
        self.assertEqual((verdict.still, verdict.per_mille()), (3, 1000.0))

    def test_no_still_goroutine_is_no_success(self):
        only = SAMPLE.split("\n\n")[0] + "\n"
        verdict = self.verdict({"target": {"pid": PID}, "goroutines": []}, only, only, only)
        self.assertEqual((verdict.still, verdict.per_mille()), (0, 0.0))


class Settling(unittest.TestCase):
    """Several looks at a busy process."""

    def look(self, problems=(), unknown=(), still=(1, 2, 3, 4), text="select"):
        return compare.Look(still={n: text for n in still}, moved=0,
                            problems={n: [("state", "x")] for n in problems},
                            unknown={n: "x" for n in unknown})

    def test_wrong_once_is_forgiven_and_told(self):
        verdict = compare.settle([self.look([1]), self.look()], quiet=False)
        self.assertEqual((verdict.wrong, verdict.at_first), (set(), 1))

    def test_wrong_always_is_wrong(self):
        verdict = compare.settle([self.look([1, 2]), self.look([2, 3]), self.look([2])], False)
        self.assertEqual(verdict.wrong, {2})

    def test_what_was_seen_to_move_is_not_judged_in_a_busy_program(self):
        for looks in ([self.look([1]), self.look(still=(2, 3, 4))],
                      [self.look([1]), self.look([1], text="sleep")]):
            verdict = compare.settle(looks, quiet=False)
            self.assertEqual((verdict.wrong, verdict.still, verdict.came_back), (set(), 3, 1))
            verdict = compare.settle(looks, quiet=True)
            self.assertEqual((verdict.wrong, verdict.still), ({1}, 4))

    def test_unknown(self):
        self.assertEqual(compare.settle([self.look(unknown=[9])], quiet=False).extra, set())
        self.assertEqual(compare.settle([self.look(unknown=[9])], quiet=True).extra, {9})
        twice = [self.look(unknown=[9]), self.look(unknown=[9])]
        self.assertEqual(compare.settle(twice, quiet=False).extra, {9})


FAKE_PROGRAM = """\
import sys, os
print("ready pid=%d go=go1.0 " % os.getpid(), flush=True)
text = open(sys.argv[1]).read()
for line in sys.stdin:
    if line.strip() == "exit":
        break
    sys.stdout.write("ok %d\\n%s" % (len(text), text))
    sys.stdout.flush()
"""

FAKE_DOWSE = """\
#!{python}
import json, sys
assert sys.argv[1] == "goroutines" and "--all" in sys.argv
if sys.argv[-1] == "go":
    sys.stdout.write(open({text!r}).read())
else:
    said = json.load(open({json!r}))
    said["target"]["pid"] = int(sys.argv[2]) + {shift}
    json.dump(said, sys.stdout)
sys.exit({status})
"""


class EndToEnd(unittest.TestCase):
    """The judge as a program, with a dowse and a program that are scripts."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def judge(self, said=None, text=SAMPLE, shift=0, status=0, options=()):
        said = said or document(dump.parse(SAMPLE))
        Path(self.path("dump")).write_text(SAMPLE)
        Path(self.path("text")).write_text(text)
        Path(self.path("json")).write_text(json.dumps(said))
        Path(self.path("program.py")).write_text(FAKE_PROGRAM)
        dowse = Path(self.path("dowse"))
        dowse.write_text(FAKE_DOWSE.format(python=sys.executable, text=self.path("text"),
                                           json=self.path("json"), shift=shift, status=status))
        dowse.chmod(0o755)
        return subprocess.run(
            [sys.executable, str(HERE / "judge.py"), "--dowse", str(dowse), *options, "--",
             sys.executable, self.path("program.py"), self.path("dump")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True)

    def test_right(self):
        answer = self.judge()
        self.assertEqual(answer.returncode, 0, answer.stdout)
        self.assertIn("1000.00", answer.stdout)

    def test_wrong(self):
        said = document(dump.parse(SAMPLE))
        said["goroutines"][1]["state"] = "sleep"
        answer = self.judge(said)
        self.assertEqual(answer.returncode, 1, answer.stdout)
        self.assertIn("json: state: 1", answer.stdout)
        self.assertEqual(self.judge(said, options=("--threshold", "700")).returncode, 0)

    def test_wrong_text(self):
        text = SAMPLE.replace("0x7?", "0x8?")
        self.assertEqual(self.judge(text=text).returncode, 1)
        self.assertEqual(self.judge(text=text, options=("--text-threshold", "0")).returncode, 0)

    def test_another_process(self):
        answer = self.judge(shift=1)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("wrong pid", answer.stdout)

    def test_dowse_fails(self):
        self.assertEqual(self.judge(status=1).returncode, 1)

    def test_no_dowse(self):
        answer = subprocess.run(
            [sys.executable, str(HERE / "judge.py"), "--dowse", self.path("none"), "--", "true"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(answer.returncode, 1)

    def test_too_few(self):
        self.assertEqual(self.judge(options=("--at-least", "5")).returncode, 1)
        self.assertEqual(self.judge(options=("--at-least", "4")).returncode, 0)


class RealDump(unittest.TestCase):
    """What a real program prints is read without loss, and a right answer made of it agrees."""

    def setUp(self):
        try:
            command = build.build("1.26", "plain", "zoo", 300)
        except build.Unbuildable as reason:
            self.fail(f"the zoo cannot be built: {reason}")
        self.subject = program.Controlled(command)
        self.addCleanup(self.subject.stop)

    def test_nothing_is_lost(self):
        text = self.subject.dump()
        goroutines = dump.parse(text)
        self.assertGreater(len(goroutines), 300)
        self.assertEqual("\n".join(one.text for one in goroutines.values()).rstrip("\n"),
                         text.rstrip("\n"))
        for one in goroutines.values():
            lines = sum(2 for _ in one.frames) + 1 + (2 if one.creator else 0)
            self.assertEqual(one.text.count("\n"), lines + (1 if one.elided else 0), one.text)

    def test_it_agrees_with_itself(self):
        before, after = dump.parse(self.subject.dump()), dump.parse(self.subject.dump())
        text = "\n".join(one.text for one in before.values())
        verdict = settle(before, after, document(before), text)
        self.assertGreater(verdict.still, 300)
        self.assertEqual(verdict.per_mille(), 1000.0, dict(verdict.differences))
        self.assertEqual(verdict.text_per_mille(), 1000.0, dict(verdict.text_differences))
        self.assertLessEqual(verdict.moved, 2)  # the one that answers


class Ending(unittest.TestCase):
    def test_children_end_with_the_program(self):
        with program.Controlled([sys.executable, "-c",
                                 "import os,subprocess,sys,time\n"
                                 "child = subprocess.Popen(['sleep', '1000'])\n"
                                 "print('ready pid=%d go=x child=%d' % (os.getpid(), child.pid),"
                                 " flush=True)\ntime.sleep(1000)"]) as subject:
            child = int(subject.facts["child"])
            self.assertTrue(os.path.exists(f"/proc/{child}"))
        state = "gone"
        for _ in range(100):
            try:
                state = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                state = "gone"
            if state in ("gone", "Z", "X"):
                break
            time.sleep(0.05)
        self.assertIn(state, ("gone", "Z", "X"))

    def test_silence_is_an_error(self):
        with self.assertRaises(program.ProgramError):
            program.Controlled([sys.executable, "-c", "import time; time.sleep(100)"], timeout=1)
        program.end_all()


if __name__ == "__main__":
    unittest.main()
