# SPDX-License-Identifier: Apache-2.0
"""A snapshot gives the answers that the process itself gave at that moment, on its own: in a root
folder that has neither the executable nor anything else of the machine."""

import os
import tempfile
import unittest

from common import EmptyRoot, ask, build, program

CASES = [("1.19", "stripped", "zoo"), ("1.22", "pie", "zoo"), ("1.26", "plain", "zoo"),
         ("1.27", "cgo", "zoo"), ("1.24", "stripped", "keeper")]


def without(document, *keys):
    """All but what is told of the target and the stop, which a file cannot share."""
    return {key: value for key, value in document.items()
            if key not in ("target", "pause_ms", *keys)}


class Equal(unittest.TestCase):
    maxDiff = 4000

    def compare(self, pid, folder):
        root = EmptyRoot(folder)
        file = os.path.join(folder, "shop.dowse")
        verbs = ((["goroutines"], ("--all", "--system")), ([], ("--fail-on", "never")))
        for verb, words in verbs:
            with self.subTest(verb=verb):
                live = ask(*verb, pid, *words, "--save", file)
                saved = root.ask(verb, file, *words)
                self.assertEqual(live["target"]["kind"], "process")
                self.assertEqual(saved["target"]["kind"], "snapshot")
                for key in ("go", "build", "exe", "pid"):
                    self.assertEqual(live["target"][key], saved["target"][key])
                # The kernel's accounts of memory are of another moment than the fork.
                self.assertEqual(without(live, "memory", "findings"),
                                 without(saved, "memory", "findings"))
                self.compare_findings(live.get("findings", []), saved.get("findings", []))
        return live["findings"]

    def compare_findings(self, live, saved):
        """
        A file never knows more: what a channel is called stands in debug information, which it has
        none of, and a lock without pointers beside it is not proved from one.
        """
        facts = ("code", "certainty", "fingerprint", "count", "bytes", "function", "line",
                 "created_by", "state", "wait_s", "why")
        for finding in live + saved:
            # Where the file is read there is no source.
            (finding["created_by"] or {}).pop("source", None)
        live, saved = ([{key: finding[key] for key in facts} for finding in findings]
                       for findings in (live, saved))
        self.assertEqual([f for f in live if f["code"] != "L12" or f in saved], saved)

    def test_equal_answers(self):
        for release, variant, name in CASES:
            with self.subTest(release=release, variant=variant, program=name):
                command = build.build(release, variant, name)
                with program.Controlled(command) as target, \
                        tempfile.TemporaryDirectory() as folder:
                    self.assertTrue(self.compare(target.pid, folder))

    def test_unknown_release(self):
        """Its layout is in the debug information, which the snapshot does not have."""
        variant = {"cgo": False, "flags": ["-ldflags=-X runtime.buildVersion=go1.99.0"]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "unknown")
            build.go_build("1.26", variant, "zoo", path, None, 600)
            with program.Controlled([path]) as target:
                live = ask("info", target.pid)
                self.assertEqual(live["target"]["go"], "go1.99.0")
                self.assertEqual(live["runtime"]["layout"], "debug information")
                self.assertTrue(self.compare(target.pid, folder))

    def test_info(self):
        command = build.build("1.26", "stripped", "keeper")
        with program.Controlled(command) as target, tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "shop.dowse")
            live = ask("info", target.pid, "--save", file)
            saved = EmptyRoot(folder).ask(["info"], file)
            # A young program still makes threads, between the kernel's account and the fork.
            threads = [answer["process"].pop("threads") for answer in (live, saved)]
            self.assertLessEqual(abs(threads[0] - threads[1]), 2)
            for key in ("process", "build", "runtime", "goroutine_count"):
                # Descriptors come and go; one that is being used to look is not the target's.
                self.assertEqual(live[key], saved[key], key)
            self.assertEqual(set(live["memory"]), set(saved["memory"]))
            self.assertEqual(sum(saved["memory"]["parts"].values()),
                             saved["memory"]["resident"])

    def test_every_way(self):
        """By a fork, while it is stopped, and of a snapshot again: always the same."""
        command = build.build("1.26", "stripped", "keeper")
        with program.Controlled([*command, "-goroutines", "200"]) as target, \
                tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, name) for name in ("fork", "freeze", "again")]
            ask("snapshot", target.pid, "-o", files[0])
            ask("snapshot", target.pid, "-o", files[1], "--freeze")
            ask("snapshot", files[0], "-o", files[2])
            answers = [ask("goroutines", file, "--all") for file in files]
            self.assertGreater(len(answers[0]["goroutines"]), 200)
            for answer in answers[1:]:
                self.assertEqual(self.timeless(answers[0]), self.timeless(answer))
            self.assertEqual(answers[0]["goroutines"], answers[2]["goroutines"])

    @staticmethod
    def timeless(answer):
        """What does not pass with time, of goroutines that wait; the rest may move on."""
        return {one["id"]: (one["state"], one["stack"], one["created_by"])
                for one in answer["goroutines"] if one["state"] != "running"}


if __name__ == "__main__":
    unittest.main()
