# SPDX-License-Identifier: Apache-2.0
"""
The first screen, of the demo's shop: it fits the terminal, says in this order what is wrong, where,
what to change and what to type next, and every number on it is that of the JSON of the same moment:
the shop is stopped by a signal meanwhile.
"""

import os
import re
import shlex
import signal
import time
import unittest
from pathlib import Path

import subjects
import terminals
from subjects import dowse, dowse_json

SIZES = ((24, 100), (24, 80), (24, 60), (50, 120), (40, 160))
UNITS = {"B": 1, "bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def setUpModule():
    global shop, program
    program = os.environ["DOWSE"]
    shop = subjects.Shop(subjects.build_shop())
    # Some collections, so that the runtime has noted who waits.
    time.sleep(3)


def tearDownModule():
    shop.stop()


class Still:
    """The shop stands still for as long as it is asked."""

    def __enter__(self):
        os.kill(shop.pid, signal.SIGSTOP)
        for task in Path(f"/proc/{shop.pid}/task").iterdir():
            while "\nState:\tT" not in (task / "status").read_text():
                time.sleep(0.05)

    def __exit__(self, *_):
        os.kill(shop.pid, signal.SIGCONT)


def on_terminal(rows, columns, *words, **environment):
    environment.setdefault("NO_COLOR", "")
    for _ in range(5):
        text, status = terminals.run([program, *map(str, words)], rows, columns, environment)
        # A loaded machine may have to be asked again.
        if status != 1:
            break
        time.sleep(1)
    return text, status


def parts_of(text):
    """The paragraphs: the verdict, findings, and the lines at the end, each as one line."""
    blocks = [" ".join(block.split()) for block in text.strip().split("\n\n")]
    return blocks[0], blocks[1:-1], blocks[-1]


def number(text):
    return int(text.replace(",", ""))


def size(text, unit):
    return float(text.replace(",", "")) * UNITS[unit]


def joined(text):
    """Without regard to where lines were broken, in words too."""
    return "".join(text.split())


class FirstScreen(unittest.TestCase):
    def check_verdict(self, verdict, document):
        self.assertRegex(verdict, rf"^shop \(pid {shop.pid}, go1\.\d+(\.\d+)?, up \d+ (s|min)\): ")
        proved = sum(f["count"] for f in document["findings"]
                     if f["certainty"] == "proved" and f["example"])
        self.assertEqual(number(re.search(r"([\d,]+) goroutines can never wake", verdict)[1]),
                         proved)
        suspect = sum(f["count"] for f in document["findings"]
                      if f["certainty"] == "suspect" and f["example"])
        told = re.search(r"([\d,]+) (?:is|are) worth a look", verdict)
        self.assertEqual(number(told[1]) if told else 0, suspect)

    def check_findings(self, text, document):
        """Titles with their numbers, and where to look, in the order of the JSON."""
        at, flat = 0, joined(text)
        more = re.search(r"… (\d+) more finding", text)
        shown = len(document["findings"]) - (int(more[1]) if more else 0)
        self.assertGreaterEqual(shown, 2)
        for finding in document["findings"][:shown]:
            found = flat.find(joined(finding["title"]), at)
            self.assertGreaterEqual(found, at, finding["title"])
            self.assertRegex(finding["title"], rf"^({finding['count']:,}|a|an|one) |holds|grows")
            at = found
        first = document["findings"][0]
        for part in (first["function"], f"{os.path.basename(first['file'])}:{first['line']}",
                     first["fix"]["text"]):
            self.assertIn(joined(part), flat)

    def check_memory(self, foot, document):
        memory = document["memory"]
        line = re.search(r"^memory ([\d,]+)(?: of ([\d,]+))? (\w+): (.*?)(?: · \S+ \w+ swapped out)? "
                         r"[\d,]+ goroutines", foot)
        unit = UNITS[line[3]]
        told = {name: number(count) for name, count in
                re.findall(r"([a-z][a-zA-Z' ]*?) (-?[\d,]*\d)(?:,|$)", line[4])}
        self.assertEqual(sum(told.values()), number(line[1]))
        # Rounded so that they sum: each is less than one away.
        self.assertLess(abs(number(line[1]) - memory["resident"] / unit), 1)
        names = {"since then": "since_gc", "fragmentation": "fragmentation", "not Go": "not_go"}
        for name, count in told.items():
            if name == "other":
                continue
            key = names.get(name, name)
            self.assertLess(abs(count - memory["parts"][key] / unit), 1, name)
        # The largest parts are named.
        for key, value in memory["parts"].items():
            if value * 10 > memory["resident"]:
                self.assertIn(key, [names.get(name, name) for name in told])

    def check_goroutines(self, foot, document):
        line = re.search(r" ([\d,]+) goroutines: (.*?) · ", foot)
        counts = [number(n) for n in re.findall(r"(?:^|, )([\d,]+) ", line[2])]
        self.assertEqual(sum(counts), number(line[1]))
        self.assertEqual(number(line[1]), document["goroutine_count"])

    def check_commands(self, foot):
        """They run, and have something to say."""
        commands = re.findall(r"(?:next|or): dowse (.*?)(?= or: |$)", foot)
        self.assertEqual(len(commands), 2)
        for command in commands:
            self.assertGreater(len(dowse(*shlex.split(command), status=0)), 100, command)

    def test_everything_adds_up(self):
        with Still():
            document = dowse_json(shop.pid, status=3)
            for rows, columns in SIZES:
                text, status = on_terminal(rows, columns, shop.pid)
                with self.subTest(rows=rows, columns=columns):
                    text = terminals.plain(text)
                    verdict, _, foot = parts_of(text)
                    self.assertEqual(status, 3)
                    self.check_verdict(verdict, document)
                    self.check_findings(text, document)
                    self.check_memory(foot, document)
                    self.check_goroutines(foot, document)
            self.check_commands(foot)

    def test_all_of_it(self):
        """With --all, and where no terminal sets a limit: also what goroutines hold."""
        with Still():
            document = dowse_json(shop.pid, status=3)
            whole = dowse(shop.pid, "--all")
            for text in (whole, dowse(shop.pid)):
                verdict, _, foot = parts_of(text)
                self.check_verdict(verdict, document)
                self.check_findings(text, document)
                self.check_memory(foot, document)
                self.check_goroutines(foot, document)
        for finding in document["findings"]:
            for part in (finding["why"], finding["fix"]["text"], finding["settle"] or ""):
                self.assertIn(joined(part), joined(whole))
        held = [size(*found) for found in re.findall(r"(?:They|It) holds? ([\d.,]+) (\w+)", whole)]
        wanted = [f["bytes"] for f in document["findings"] if f["example"] and f["bytes"]]
        self.assertEqual(len(held), len(wanted))
        for told, true in zip(held, wanted):
            # Two digits are told.
            self.assertLess(abs(told - true), true * 0.05 + 1)

    def test_it_fits(self):
        for rows, columns in SIZES:
            for words in ((), ("--over", "1s")):
                text, _ = on_terminal(rows, columns, shop.pid, *words)
                with self.subTest(rows=rows, columns=columns, words=words):
                    lines = terminals.plain(text).splitlines()
                    # The prompt has a line, too.
                    self.assertLess(len(lines), rows)
                    for line in lines:
                        # Commands are for copying, and stay whole.
                        if not re.match(r"next: |  or: ", line):
                            self.assertLessEqual(len(line), columns, line)
                    self.assertRegex(lines[-2] + lines[-1], r"next: dowse ")

    def test_growth_comes_first(self):
        # The shop fills it with five a second, and fewer than 16 more are not told of.
        text, _ = on_terminal(24, 100, shop.pid, "--over", "8s")
        verdict, _, foot = parts_of(terminals.plain(text))
        self.assertRegex(verdict, r"main\.Sessions\.byID holds [\d.]+ MiB and grows [\d.]+ \wiB an "
                                  r"hour; [\d,]+ goroutines can never wake")
        self.assertIn("session.go:30", terminals.plain(text))
        self.assertIn("stopped twice, for ", foot)

    def test_colour(self):
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False),
                                      ({"TERM": "dumb"}, False)):
            text, _ = on_terminal(24, 100, shop.pid, **environment)
            self.assertEqual("\x1b[" in text, coloured, environment)
            self.assertNotRegex(terminals.plain(text), r"[\x00-\x09\x0b-\x1f\x7f]")
        self.assertNotIn("\x1b", dowse(shop.pid))


if __name__ == "__main__":
    unittest.main()
