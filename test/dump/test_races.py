# SPDX-License-Identifier: Apache-2.0
"""Race reports in logs, by themselves and beside dumps."""

import json
import subprocess
import unittest

from test_texts import DOWSE, dowse, dump, facts_of, facts_told, place, take, wrappings

RACES = """\
==================
WARNING: DATA RACE
Read at 0x0000006c84e0 by goroutine 39:
  main.main.func2()
      /src/main.go:39 +0x164

Previous write at 0x0000006c84e0 by main goroutine:
  main.main()
      /src/main.go:42 +0x26f

Goroutine 39 (running) created at:
  main.main()
      /src/main.go:36 +0x119
  main.other()
      /src/main.go:99 +0x119
==================
==================
WARNING: DATA RACE
Write at 0x00c0000981e0 by goroutine 38:
  runtime.mapassign_faststr()
      /go/src/internal/runtime/maps/runtime_faststr.go:261 +0x0
  main.(*cart[go.shape.int]).add()
      /src/main.go:16 +0x135

Previous read at 0x00c0000981e0 by goroutine 7:
  [failed to restore the stack]

Heap block of size 48 at 0x00c0000981e0 allocated by goroutine 3:
  main.make()
      /src/main.go:3 +0x1

Goroutine 38 (running) created at:
  main.main()
      /src/main.go:36 +0x119

Goroutine 7 (finished) created at:
  main.main()
      /src/main.go:37 +0x119
==================
"""
RACED = [
    {39: ("running", [("main.main.func2", "/src/main.go", 39)], ("main.main", "/src/main.go", 36)),
     1: ("running", [("main.main", "/src/main.go", 42)], None)},
    {38: ("running", [("runtime.mapassign_faststr",
                       "/go/src/internal/runtime/maps/runtime_faststr.go", 261),
                      ("main.(*cart[go.shape.int]).add", "/src/main.go", 16)],
          ("main.main", "/src/main.go", 36)),
     7: ("finished", [], ("main.main", "/src/main.go", 37))},
]
REASONS = ["data race: main.main.func2 (main.go:39) reads what main.main (main.go:42) has written",
           "data race: main.(*cart[go.shape.int]).add (main.go:16) writes what goroutine 7 has read"]


class Races(unittest.TestCase):
    """What the race detector reports: who raced, and no more."""

    def ask(self, *words, data):
        return json.loads(dowse(*words, "-", "--format", "json", data=data.encode(), status=(0,)))

    def check(self, document):
        told = {one["id"]: (one["state"], [place(frame) for frame in one["stack"]],
                            place(one["created_by"])) for one in document["goroutines"]}
        facts = document["dump"] if "dump" in document else document
        self.assertIn(told, RACED)
        which = RACED.index(told)
        self.assertEqual((facts["form"], facts["reason"]), ("race", REASONS[which]))
        self.assertFalse(document["complete"])
        return which

    def test_every_wrapping(self):
        for name, wrap in wrappings.WRAPPINGS.items():
            with self.subTest(name):
                document = self.ask("goroutines", "--all", data=wrap(RACES))
                self.assertEqual([self.check(one) for one in document["dumps"]], [0, 1])

    def test_no_findings(self):
        document = self.ask(data=RACES)
        self.assertEqual(document["findings"], [])
        self.assertIn("of leaks a race report tells nothing", document["verdict"])
        self.assertIn("raced alone", document["warnings"][0])

    def test_beside_a_dump(self):
        """Before it, behind it, in the midst of it: both are whole."""
        text = take("1.26").rstrip("\n") + "\n"
        lines = text.split("\n")
        middle = next(i for i in range(len(lines) // 2, len(lines)) if not lines[i])
        inside = next(i for i in range(middle, len(lines)) if lines[i].startswith("created by"))
        for at in (0, middle, inside, len(lines)):
            with self.subTest(at):
                data = "\n".join(lines[:at]) + "\n" * bool(at) + RACES + "\n".join(lines[at:])
                document = self.ask("goroutines", "--all", "--system", data=data)
                forms = [one["form"] for one in document["dumps"]]
                self.assertEqual(sorted(forms), ["race", "race", "stacks"])
                races = [one for one in document["dumps"] if one["form"] == "race"]
                self.assertEqual([self.check(one) for one in races], [0, 1])
                dumped = next(one for one in document["dumps"] if one["form"] == "stacks")
                told = dump.parse(text)
                self.assertEqual([one["id"] for one in dumped["goroutines"]], list(told))
                for one in dumped["goroutines"]:
                    self.assertEqual(facts_of(one), facts_told(told[one["id"]]), one["id"])
                self.assertTrue(dumped["complete"])
                self.assertIsNone(dumped["reason"])
                judged = json.loads(dowse("-", "--format", "json", data=data.encode()))
                self.assertEqual({one["certainty"] for one in judged["findings"]
                                  if one["rule"] == "nil-channel"}, {"proved"})
                self.assertIn("2 race reports", judged["warnings"][0])

    def test_other_wrappings_behind(self):
        """A log has races as they are printed, and a dump in a line of JSON."""
        text = take("1.27")
        document = self.ask("goroutines", "--all", data=RACES + wrappings.zap(text))
        self.assertEqual([one["form"] for one in document["dumps"]], ["race", "race", "stacks"])
        self.assertEqual(document["dumps"][2]["goroutine_count"], len(dump.parse(text)))

    def test_cut(self):
        """Wherever it ends, what is told is of what was there."""
        names = {frame[0] for one in RACED for _, stack, _ in one.values() for frame in stack}
        for at in range(0, len(RACES), 41):
            answer = subprocess.run([DOWSE, "goroutines", "-", "--all", "--format", "json"],
                                    input=RACES[:at].encode(), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, timeout=60, check=False)
            self.assertIn(answer.returncode, (0, 1))
            if answer.returncode:
                self.assertIn(b"no goroutine dump", answer.stderr)
                continue
            document = json.loads(answer.stdout)
            for one in document.get("dumps", [document]):
                for goroutine in one["goroutines"]:
                    self.assertLessEqual({f["function"] for f in goroutine["stack"]}, names)


if __name__ == "__main__":
    unittest.main()
