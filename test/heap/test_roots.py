# SPDX-License-Identifier: Apache-2.0
"""
What the roots of a process are, against test/programs/anchors, which holds objects in every way
that a stack, a register or a global can, and has its own collector tell which of them were dead:
what lived must be among the roots, and what was dead must not be.
"""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "truth"))

import build  # noqa: E402

PRINT = Path(os.environ["BUILD_DIR"]) / "test/heap/heap-print-roots"
SIZE = 48  # of an object

VARIANTS = ("plain", "stripped", "pie", "cgo", "debian", "noopt")
EXPERIMENTS = (("1.22", "noallocheaders"), ("1.24", "noswissmap"), ("1.25", "greentea"),
               ("1.26", "nogreentea"), ("1.23", "race"), ("1.27", "race"))

# What no word of a stack or a global leads to directly: objects of the heap do.
HELD_BY_OBJECTS = "deep-"
# Too large for the stack from 1.24 on.
LARGE = "stack-object-large"

# In what is optimized these are dead, in one way or another; and so they must be found.
ALWAYS_DEAD = {"local-dead", "argument-dead", "stack-object-dead", "fault-dead", "many-a", "many-l"}
GLOBALS = {"global-pointer": "main.globalPointer", "global-interface": "main.globalInterface",
           "global-error": "main.globalError", "global-struct": "main.globalStruct",
           "global-data": "main.globalData"}


class Anchors:
    """The program, running; its objects by label."""

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE,
                                        env={**os.environ, **environment})
        self.objects, self.queued, self.attached = {}, [], []
        for line in self.process.stdout:
            words = line.split()
            if words == ["ready"]:
                return
            address = int(words[2], 16)
            if words[0] == "object":
                self.objects[words[1]] = address
            else:
                (self.queued if words[0] == "queued" else self.attached).append(
                    (words[1], address))
        raise AssertionError("the program did not come up")

    def dead(self):
        self.process.stdin.write("gc\n")
        self.process.stdin.flush()
        labels = set()
        for line in self.process.stdout:
            words = line.split()
            if words == ["end"]:
                return labels
            labels.add(words[1])
        raise AssertionError("the program ended")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Root:
    def __init__(self, text):
        self.kind, address, size, self.name, goroutine, through = text.split("|")
        self.address, self.size = int(address, 16), int(size)
        self.goroutine, self.through = int(goroutine), through == "1"
        self.words = []


class Word:
    def __init__(self, root, text):
        value, where, frame, conservative, self.type = text.split("|", 4)
        self.root = root
        self.value, self.where, self.frame = int(value, 16), int(where, 16), int(frame)
        self.conservative = conservative == "1"


def look(pid, stopped=False):
    """The roots of a process, and what could not be looked through."""
    answer = subprocess.run([PRINT, str(pid), *(["stopped"] if stopped else [])], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if answer.returncode:
        raise AssertionError(answer.stderr)
    roots, problem = [], None
    for line in answer.stdout.splitlines():
        kind, _, text = line.partition(" ")
        if kind == "root":
            roots.append(Root(text))
        elif kind == "word":
            roots[-1].words.append(Word(roots[-1], text))
        else:
            problem = text.split("|")[1]
    return roots, problem


class Roots(unittest.TestCase):
    def command(self, release, variant):
        try:
            return build.build(release, variant, "anchors")
        except build.Unbuildable as error:
            self.fail(f"{variant} of {release}: {error}")

    def check_order(self, roots):
        for root in roots:
            if root.kind == "thread":
                continue
            places = [word.where for word in root.words]
            self.assertEqual(sorted(places), places, f"{root.kind} {root.address:#x}")
            known = [place for place in places if place]
            self.assertEqual(len(set(known)), len(known), "a word was taken twice")

    def check_objects(self, release, objects, dead, roots):
        words = [word for root in roots if not root.through for word in root.words]
        for label, address in objects.items():
            held = [word for word in words if address <= word.value < address + SIZE]
            if label in dead:
                sure = [(word.root.kind, word.root.name, word.frame) for word in held
                        if not word.conservative]
                self.assertEqual([], sure, f"{label} was dead")
            elif not label.startswith(HELD_BY_OBJECTS) and not (
                    label.startswith(LARGE) and build.number(release) >= 1024):
                self.assertTrue(held, f"{label} was alive, and no root leads to it")

    def check_finalizers(self, objects, roots):
        """All objects have one: none is held by it, but what each refers to is."""
        through = {root.address for root in roots if root.kind == "finalizer" and root.through}
        functions = {root.address for root in roots
                     if root.kind == "finalizer" and not root.through}
        for label, address in objects.items():
            self.assertIn(address, through, label)
            self.assertIn(address, functions, label)

    def check_globals(self, objects, roots):
        by_name = {root.name: root for root in roots if root.kind == "global"}
        for label, name in GLOBALS.items():
            values = [word.value for word in by_name[name].words]
            self.assertIn(objects[label], values, name)

    def check(self, release, variant):
        with Anchors(self.command(release, variant)) as program:
            roots, problem = look(program.process.pid)
            dead = program.dead()
            self.assertEqual("-", problem)
            self.assertGreaterEqual(dead, ALWAYS_DEAD)
            self.assertGreater(len(program.objects), 40)
            self.check_order(roots)
            self.check_objects(release, program.objects, dead, roots)
            self.check_finalizers(program.objects, roots)
            if variant == "plain":
                self.check_globals(program.objects, roots)
            for what, address in program.attached:
                kind = "cleanup" if what == "cleanup" else "weak pointer"
                self.assertIn(address, {root.address for root in roots
                                        if root.kind == kind}, what)
            # The race detector wants every value by itself.
            self.assertEqual(variant != "race", "tiny block" in {root.kind for root in roots})

    def test_objects_of_every_kind(self):
        for release in build.RELEASES:
            for variant in VARIANTS:
                with self.subTest(release=release, variant=variant):
                    self.check(release, variant)

    def test_experiments(self):
        for release, variant in EXPERIMENTS:
            with self.subTest(release=release, variant=variant):
                self.check(release, variant)

    def test_running_goroutines(self):
        """They are caught anywhere: in registers, in frames that were interrupted."""
        for release in build.RELEASES:
            for variant in ("plain", "stripped"):
                with self.subTest(release=release, variant=variant), \
                        Anchors(self.command(release, variant), SPIN="1") as program:
                    roots, problem = look(program.process.pid, stopped=True)
                    dead = program.dead()
                    self.assertEqual("-", problem)
                    self.assertFalse([label for label in dead if label.startswith("spin")])
                    self.check_objects(release, program.objects, dead, roots)
                    threads = [root for root in roots if root.kind == "thread"]
                    self.assertTrue(threads)
                    self.assertTrue(any(root.goroutine for root in threads))

    def test_queues(self):
        """What waits to be finalized or cleaned up is held."""
        for release in build.RELEASES:
            for variant in ("plain", "stripped"):
                with self.subTest(release=release, variant=variant), \
                        Anchors(self.command(release, variant), QUEUE="1") as program:
                    roots, problem = look(program.process.pid)
                    self.assertEqual("-", problem)
                    held = {word.value for root in roots if root.kind == "finalizer" and
                            not root.through for word in root.words}
                    finalizers = [address for what, address in program.queued
                                  if what == "finalizer"]
                    self.assertEqual(200, len(finalizers))
                    self.assertEqual([], [hex(address) for address in finalizers
                                          if address not in held])
                    cleanups = [what for what, _ in program.queued if what == "cleanup"]
                    found = [root for root in roots if root.kind == "cleanup"]
                    # A worker takes its block out of the queue: not more than one block a processor.
                    if cleanups:
                        self.assertGreaterEqual(len(found), 1 + len(cleanups) // 2)


if __name__ == "__main__":
    unittest.main()
