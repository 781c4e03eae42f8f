# SPDX-License-Identifier: Apache-2.0
"""The command line: what it accepts, what it says, and what it ends with."""

import json
import os
import pty
import re
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

DOWSE = os.environ["DOWSE"]
HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD_DIR", tempfile.gettempdir()))

VERBS = ["ps", "info", "doctor", "goroutines", "explain"]


def dowse(*arguments, **options):
    environment = {**os.environ, **options.pop("environment", {})}
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([DOWSE, *map(str, arguments)], stdin=subprocess.DEVNULL, timeout=60,
                          env=environment, check=False, **options)


def build():
    """The leaky program, built once."""
    program = BUILD / "test-cli-leaky"
    environment = {**os.environ, "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "0", "GOWORK": "off"}
    environment["PATH"] += ":/usr/local/go/bin"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "leaky", check=True,
                   env=environment, timeout=300)
    return program


PROGRAM = build()


class Leaky:
    """A running leaky program; `name` is what it calls itself, `file` what it is called."""

    def __init__(self, *words, name=None, file=PROGRAM):
        self.process = subprocess.Popen([name or str(file), *words], executable=str(file),
                                        stdout=subprocess.PIPE)
        self.pid = self.process.pid
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("the leaky program is not ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Usage(unittest.TestCase):
    def check_refused(self, status, part, *arguments):
        answer = dowse(*arguments)
        self.assertEqual(answer.returncode, status, (arguments, answer))
        self.assertEqual(answer.stdout, b"")
        lines = answer.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("dowse: "), lines)
        self.assertIn(part, lines[0])

    def test_wrong_use_is_status_2_in_one_line(self):
        for part, arguments in {
            "no option --bogus": ["--bogus"],
            "no option -x": ["-x", "1"],
            "no verb": ["heaps", "1"],
            "needs a TARGET": ["goroutines"],
            "cannot take '2'": ["goroutines", "1", "2"],
            "no --format xml": ["goroutines", "1", "--format", "xml"],
            "no --format go here": ["1", "--format=go"],
            "--limit takes a number": ["goroutines", "1", "--limit", "-3"],
            "takes a number, not '18446744073709551616'":
                ["goroutines", "1", "--limit", "18446744073709551616"],
            "--limit takes a value": ["goroutines", "1", "--limit"],
            "takes no --limit": ["1", "--limit", "3"],
            "takes no --fail-on": ["goroutines", "1", "--fail-on", "never"],
            "--all takes no value": ["goroutines", "1", "--all=yes"],
            "no length of time": ["goroutines", "1", "--min-wait", "5"],
            "'1h 5m' is no length": ["goroutines", "1", "--min-wait", "1h 5m"],
            "'99999999999h' is no length": ["goroutines", "1", "--min-wait", "99999999999h"],
            "no rule 'L999'": ["1", "--rules", "L6,L999"],
            "proved, likely or suspect": ["1", "--min-certainty", "never"],
            "or never, not 'often'": ["1", "--fail-on", "often"],
            "no rule 'x'": ["explain", "x"],
            "pid: takes a number": ["pid:x"],
            "name: takes the name": ["name:"],
            "-o takes the name": ["ps", "-o", ""],
            "empty word": [""],
        }.items():
            with self.subTest(arguments=arguments):
                self.check_refused(2, part, *arguments)

    def test_what_cannot_be_looked_at_is_status_1_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for part, arguments in {
                "4194305": ["4194305"],
                "can be no process": ["goroutines", "0"],
                "99999999999999999999": ["99999999999999999999"],
                "no process is called no-such-name": ["no-such-name"],
                "no process is called also-none": ["name:also-none"],
                "an executable or a library": [DOWSE],
                "Go source cannot be read yet": [folder],
                "there is no file": ["./no-such-file"],
                "nobody listens": ["http://127.0.0.1:1/debug/pprof/heap"],
            }.items():
                with self.subTest(arguments=arguments):
                    self.check_refused(1, part, *arguments)

    def test_a_process_that_is_not_go_is_refused(self):
        with subprocess.Popen(["sleep", "60"]) as process:
            try:
                for _ in range(100):
                    if os.readlink("/proc/%d/exe" % process.pid).endswith("sleep"):
                        break
                    time.sleep(0.01)
                self.check_refused(1, "Go", process.pid)
            finally:
                process.kill()

    def test_messages_hold_no_control_characters(self):
        answer = dowse("name:\x1b[31m\nevil\x07")
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"\\x1b[31m\\nevil\\x07", answer.stderr)
        self.assertEqual(answer.stderr.count(b"\n"), 1)

    def test_help_is_there_for_every_verb(self):
        answer = dowse("--help")
        self.assertEqual((answer.returncode, answer.stderr), (0, b""))
        for verb in VERBS:
            self.assertIn("dowse " + verb, answer.stdout.decode())
            own = dowse(verb, "--help")
            self.assertEqual((own.returncode, own.stderr), (0, b""))
            self.assertIn("usage: dowse " + verb, own.stdout.decode())
            self.assertIn("Examples:", own.stdout.decode())
            self.assertEqual(dowse(verb, "-h").stdout, own.stdout)
            self.assertLessEqual(max(map(len, own.stdout.decode().splitlines())), 100, verb)
        self.assertLessEqual(max(map(len, answer.stdout.decode().splitlines())), 100)

    def test_every_listed_option_is_taken(self):
        """--help of a verb never lists what the verb then refuses."""
        for verb in VERBS:
            text = dowse(verb, "--help").stdout.decode().split("Options:")[1]
            options = re.findall(r"^  (-\S+)(?: ([A-Z]+))?  ", text, re.M)
            self.assertGreaterEqual(len(options), 2)
            for option, _ in options:
                if option != "-o":
                    answer = dowse(verb, option + "=\x01")
                    self.assertNotIn(b"takes no %s\n" % option.encode(), answer.stderr)

    def test_version(self):
        answer = dowse("--version")
        self.assertRegex(answer.stdout.decode(), r"^dowse \d+\.\d+\.\d+\n$")
        self.assertEqual(answer.returncode, 0)

    def test_every_rule_is_explained(self):
        listing = dowse("explain")
        rules = [line.split() for line in listing.stdout.decode().splitlines()[:-1]]
        self.assertGreaterEqual(len(rules), 3)
        for code, name, *_ in rules:
            text = dowse("explain", name).stdout.decode()
            for part in (code, name, "A program that leaks", "Its fix", "wrong"):
                self.assertIn(part, text)
            self.assertIn(text, dowse("explain", code.lower()).stdout.decode())


class Output(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_file_appears_whole(self):
        path = self.folder / "out"
        answer = dowse("explain", "-o", path)
        self.assertEqual((answer.returncode, answer.stdout), (0, b""))
        self.assertEqual(path.read_bytes(), dowse("explain").stdout)
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o666 & ~mask)
        self.assertEqual(os.listdir(self.folder), ["out"])

    def test_a_failure_leaves_the_old_file(self):
        path = self.folder / "out"
        path.write_text("old")
        self.assertEqual(dowse("goroutines", "4194305", "-o", path).returncode, 1)
        self.assertEqual(dowse("explain", "no-such-rule", "-o", path).returncode, 2)
        self.assertEqual(path.read_text(), "old")
        self.assertEqual(os.listdir(self.folder), ["out"])

    def test_links_modes_and_devices_stay(self):
        path, link = self.folder / "out", self.folder / "link"
        path.write_text("old")
        path.chmod(0o640)
        link.symlink_to("out")
        self.assertEqual(dowse("explain", "-o%s" % link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o640)
        self.assertIn("nil-channel", path.read_text())
        self.assertEqual(dowse("explain", "-o", "/dev/null").returncode, 0)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_where_nothing_can_be_written_is_told(self):
        for path, part in ((self.folder, "directory"), (self.folder / "no" / "out", "No such"),
                           ("/dev/full", "No space")):
            answer = dowse("explain", "-o", path)
            self.assertEqual(answer.returncode, 1)
            self.assertIn(part, answer.stderr.decode())
        with open("/dev/full", "wb") as full:
            answer = dowse("explain", stdout=full)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"No space", answer.stderr)

    def test_a_closed_pipe_is_no_news(self):
        read, write = os.pipe()
        os.close(read)
        answer = dowse("explain", stdout=write)
        os.close(write)
        self.assertEqual((answer.returncode, answer.stderr), (1, b""))

    def test_a_closed_standard_output_is_told(self):
        answer = subprocess.run(["sh", "-c", 'exec "$0" explain >&-', DOWSE], check=False,
                                stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"cannot write", answer.stderr)

    def on_terminal(self, *arguments, environment=None):
        """What it prints on a terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.environ.update({"TERM": "xterm", **(environment or {})})
            os.execv(DOWSE, [DOWSE, *map(str, arguments)])
        text = b""
        try:
            while chunk := os.read(terminal, 65536):
                text += chunk
        except OSError:
            pass  # the terminal is gone with its last user
        os.close(terminal)
        os.waitpid(pid, 0)
        return text

    def test_colour_is_for_terminals(self):
        self.assertIn(b"\x1b[", self.on_terminal("explain", "L6"))
        self.assertNotIn(b"\x1b", self.on_terminal("explain", "L6", environment={"NO_COLOR": "1"}))
        self.assertNotIn(b"\x1b", self.on_terminal("explain", "L6", environment={"TERM": "dumb"}))
        self.assertNotIn(b"\x1b", dowse("explain", "L6").stdout)


class Process(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.leaky = Leaky("nil=40", "sendnil=2", "empty=1", "send=9", "pool=1200", "mutex=3",
                          "accept=1", "sleep=1", "deep=1")
        cls.pid = str(cls.leaky.pid)
        cls.count = 1 + 40 + 2 + 1 + 1200 + 9 + 3 + 1 + 1 + 1

    @classmethod
    def tearDownClass(cls):
        cls.leaky.__exit__()

    def json(self, *arguments, status=0):
        answer = dowse(*arguments, "--format", "json")
        self.assertEqual(answer.returncode, status, answer.stderr)
        self.assertEqual(answer.stderr, b"")
        return json.loads(answer.stdout.decode("utf-8"))

    def test_groups_add_up(self):
        document = self.json("goroutines", self.pid)
        self.assertEqual(document["dowse"], 1)
        self.assertEqual(document["target"]["pid"], self.leaky.pid)
        self.assertEqual(document["target"]["exe"], str(PROGRAM))
        self.assertRegex(document["target"]["go"], r"^go1\.")
        self.assertEqual(document["goroutine_count"], self.count)
        self.assertFalse(document["torn"])
        self.assertGreater(document["pause_ms"], 0)
        groups = document["groups"]
        self.assertEqual(sum(group["count"] for group in groups), self.count)
        self.assertEqual(groups[0]["count"], 1200)
        self.assertEqual(groups[0]["state"], "chan receive")
        self.assertEqual(groups[0]["stack"][0]["function"], "main.work")
        self.assertTrue(groups[0]["stack"][0]["file"].endswith("main.go"))
        # Before Go 1.21 the runtime did not note who.
        minor = int(re.match(r"go1\.(\d+)", document["target"]["go"])[1])
        self.assertEqual(groups[0]["created_by"]["goroutine"], 1 if minor >= 21 else None)
        self.assertEqual(groups[0]["waiting_for"]["channels"][0]["receivers"], 1200)
        self.assertEqual(groups[1]["leaked"], "proved")
        deep = next(g for g in groups if g["stack"][0]["function"] == "main.deep")
        self.assertEqual(len(deep["stack"]) + deep["elided"], 151)
        # Older releases show the first hundred frames, the runtime's hidden ones counted.
        self.assertEqual(deep["elided_after"], 50 if minor >= 21 else len(deep["stack"]))

    def test_all_has_each_one(self):
        document = self.json("goroutines", self.pid, "--all")
        ids = [goroutine["id"] for goroutine in document["goroutines"]]
        self.assertEqual(len(set(ids)), self.count)
        first = next(g for g in document["goroutines"] if g["id"] == 1)
        self.assertIsNone(first["created_by"])
        self.assertEqual(first["state"], "sleep")
        proved = [g for g in document["goroutines"] if g["leaked"] == "proved"]
        self.assertEqual(len(proved), 43)
        self.assertEqual(len(self.json("goroutines", self.pid, "--all", "--limit", 5)["goroutines"]), 5)

    def test_filters(self):
        def matched(*arguments):
            return self.json("goroutines", self.pid, *arguments)["matched"]

        self.assertEqual(matched("--state", "chan send"), 11)
        self.assertEqual(matched("--state", "nil chan"), 42)
        self.assertEqual(matched("--function", "main.lock"), 3)
        self.assertEqual(matched("--function", "main.send", "--state=nil"), 2)
        self.assertEqual(matched("--min-wait", "9d"), 0)
        self.assertGreaterEqual(matched("--min-wait", "0s"), 1000)
        self.assertGreater(matched("--system"), self.count)

    def test_the_text_fits_a_screen_and_says_what_is_left(self):
        text = dowse("goroutines", self.pid).stdout.decode()
        self.assertLess(len(text.splitlines()), 70)
        self.assertIn("{:,} goroutines in".format(self.count), text.splitlines()[0])
        self.assertRegex(text, r"1,200  chan receive")
        self.assertRegex(text, r"receive from chan int at 0x[0-9a-f]+, 0 of 3 buffered, 1,200 receivers")
        cut = dowse("goroutines", self.pid, "--limit", 2).stdout.decode()
        self.assertRegex(cut, r"… \d+ more groups of \d+ goroutines: --limit \d+")
        whole = dowse("goroutines", self.pid, "--limit", 100).stdout.decode()
        self.assertNotIn("more group", whole)
        self.assertIn("127.0.0.1:", whole)
        self.assertIn("as 2 others do", whole)

    def test_the_dump_is_the_runtimes(self):
        text = dowse("goroutines", self.pid, "--format", "go").stdout.decode()
        heads = re.findall(r"^goroutine (\d+) \[(.*)\]:$", text, re.M)
        self.assertEqual(len(heads), self.count)
        self.assertEqual(text.count("\n\n"), self.count - 1)
        self.assertIn("\ncreated by main.main", text)
        self.assertRegex(text, r"main\.receiveNil\(\.?.*\)\n\t/.*main\.go:\d+ \+0x")

    def test_folded_stacks_add_up(self):
        lines = dowse("goroutines", self.pid, "--format", "folded").stdout.decode().splitlines()
        self.assertEqual(sum(int(line.rsplit(" ", 1)[1]) for line in lines), self.count)
        self.assertIn("main.main;time.Sleep 1", lines)

    def test_without_a_stop(self):
        document = self.json("goroutines", self.pid, "--no-stop")
        self.assertTrue(document["torn"])
        self.assertEqual(document["pause_ms"], 0)
        self.assertEqual(document["goroutine_count"], self.count)
        self.assertIn("without a stop", dowse("goroutines", self.pid, "--no-stop").stdout.decode())

    def test_a_limit_on_the_pause(self):
        """1,259 goroutines are estimated at some 3 ms: refused before anything is stopped."""
        answer = dowse("goroutines", self.pid, "--max-pause", "1ms")
        self.assertEqual((answer.returncode, answer.stdout), (1, b""))
        self.assertRegex(answer.stderr.decode(), r"\Adowse: \S+ \(pid \d+\) would be stopped for "
                         r"about \d+\.\d ms, and 1\.0 are allowed; --no-stop reads it as it "
                         r"runs\n\Z")
        for words in (["goroutines"], []):
            words = words + [self.pid, "--max-pause"]
            self.assertIn(dowse(*words, "1ms", "--no-stop").returncode, (0, 3))
            answer = dowse(*words, "1m", "--format", "json")
            self.assertIn(answer.returncode, (0, 3), answer.stderr)
            self.assertEqual(json.loads(answer.stdout)["goroutine_count"], self.count)
            for wrong in ("soon", "-1s", "5"):
                self.assertEqual(dowse(*words, wrong).returncode, 2, wrong)

    def test_a_diagnosis_proves_and_suspects(self):
        document = self.json(self.pid, status=3)
        found = {(f["code"], f["function"]): f for f in document["findings"]}
        self.assertEqual(set(found), {("L6", "main.receiveNil"), ("L6", "main.sendNil"),
                                      ("L7", "main.empty"), ("L3", "main.send"),
                                      ("L1", "main.deep"), ("L17", "main.work")})
        nil = found["L6", "main.receiveNil"]
        self.assertEqual((nil["rule"], nil["certainty"], nil["count"]), ("nil-channel", "proved", 40))
        self.assertEqual(nil["created_by"]["function"][:9], "main.main")
        self.assertGreaterEqual(nil["bytes"], 40 * 2048)
        self.assertIn("main.go:%d" % nil["created_by"]["line"], nil["fix"]["text"])
        self.assertIsNone(nil["growth_per_hour"])
        self.assertEqual(nil["path"], [])
        self.assertEqual(found["L17", "main.work"]["certainty"], "suspect")
        for code, function, count in (("L3", "main.send", 9), ("L1", "main.deep", 1)):
            finding = found[code, function]
            self.assertEqual((finding["certainty"], finding["count"]), ("proved", count))
        source = (HERE / "leaky" / "main.go").read_text().splitlines()
        self.assertIn("<-updates", source[nil["line"] - 1])
        memory = document["memory"]
        self.assertEqual(sum(memory["parts"].values()), memory["resident"])

    def test_the_first_screen(self):
        answer = dowse(self.pid)
        self.assertEqual(answer.returncode, 3)
        text = answer.stdout.decode()
        first = " ".join(text.split("\n\n")[0].split())
        self.assertIn("(pid %s, go1." % self.pid, first)
        self.assertIn("53 goroutines can never wake; 1,200 are worth a look", first)
        self.assertRegex(text, r"proved  40 goroutines receive from a nil channel +L6 nil-channel")
        foot = " ".join(text.split("\n\n")[-1].split())
        memory = re.search(r"^memory ([\d,]+)(?: of [\d,]+)? \w+: (.*?)(?: · .*)? [\d,]+ goroutines:",
                           foot)
        parts = [int(n.replace(",", "")) for n in re.findall(r"(-?[\d,]*\d)(?=,|$| ·)", memory[2])]
        self.assertEqual(sum(parts), int(memory[1].replace(",", "")))
        states = re.search(r" ([\d,]+) goroutines: (.*?) · ", foot)
        counts = [int(n.replace(",", "")) for n in re.findall(r"(?:^|, )([\d,]+) ", states[2])]
        self.assertEqual(sum(counts), int(states[1].replace(",", "")))
        self.assertIn("next: dowse goroutines %s --function 'main.work'" % self.pid, text)

    def test_what_fails_is_chosen(self):
        for arguments, status in (
            (["--fail-on", "never"], 0),
            (["--fail-on", "proved"], 3),
            (["--rules", "L17"], 0),
            (["--rules", "unbounded-goroutines", "--fail-on", "suspect"], 3),
            (["--rules", "L17", "--fail-on", "suspect", "--min-certainty", "likely"], 0),
        ):
            self.assertEqual(dowse(self.pid, *arguments).returncode, status, arguments)

    def test_every_member_is_documented(self):
        text = (HERE.parent.parent / "docs" / "json.md").read_text()

        def keys(value):
            if isinstance(value, list):
                for item in value:
                    yield from keys(item)
            elif isinstance(value, dict):
                for key, item in value.items():
                    yield key
                    # The parts of memory are named by `dowse info` in words.
                    yield from keys(item) if key != "parts" else ()

        for document in (self.json("goroutines", self.pid), self.json("goroutines", self.pid, "--all"),
                         self.json(self.pid, status=3)):
            self.assertEqual([key for key in set(keys(document)) if "`%s`" % key not in text], [])

    def test_the_library_says_the_same(self):
        public = BUILD / "test" / "cli" / "test-cli-public"
        answer = subprocess.run([public, self.pid], stdout=subprocess.PIPE, timeout=60, check=True)
        lines = answer.stdout.decode().splitlines()
        self.assertRegex(lines[0], r"^0 L17 unbounded-goroutines 1200 main\.work:\d+$")
        self.assertRegex(lines[1], r"^2 L6 nil-channel 40 main\.receiveNil:\d+$")
        self.assertEqual(lines[-1], "%d goroutines, 6 findings, stopped" % self.count)
        refused = subprocess.run([public, "4194305"], stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"4194305", refused.stderr)

    def test_two_looks(self):
        answer = dowse(self.pid, "--over", "200ms")
        self.assertEqual(answer.returncode, 3, answer.stderr)
        self.assertIn("stopped twice, for ", answer.stdout.decode())
        with tempfile.TemporaryDirectory() as folder:
            before = str(Path(folder) / "before.snap")
            self.assertEqual(dowse("snapshot", self.pid, "-o", before).returncode, 0)
            for words in ([self.pid, "--against", before], [before, self.pid]):
                answer = dowse(*words, "--format", "json")
                self.assertEqual(answer.returncode, 3, answer.stderr)
                self.assertEqual(json.loads(answer.stdout)["warnings"], [])
            with Leaky("nil=1") as other:
                answer = dowse(other.pid, "--against", before, "--format", "json")
                document = json.loads(answer.stdout)
                self.assertIn("not an earlier moment of the same process",
                              document["warnings"][0])
                # They are of one build, so that nothing was mended.
                self.assertIs(any(finding["mended"] for finding in document["gone"]), False)
                self.assertNotEqual(document["gone"], [])
            for part, words in {"--over is for a process": [before, "--over", "1s"],
                                "--over makes its own": [self.pid, "--over", "1s", "--against", before],
                                "--over 0 is one look": [self.pid, "--over", "0s"]}.items():
                answer = dowse(*words)
                self.assertEqual(answer.returncode, 2)
                self.assertIn(part, answer.stderr.decode())

    def test_what_is_known_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            known, lines = str(Path(folder) / "known"), Path(folder) / "lines"
            report = dowse(self.pid, "--format", "sarif")
            Path(known).write_bytes(report.stdout)
            results = json.loads(report.stdout)["runs"][0]["results"]
            self.assertEqual(len(results), 6)
            document = self.json(self.pid, "--baseline", known, status=0)
            text = dowse(self.pid, "--baseline", known).stdout.decode()
            self.assertIn(": nothing but what is known from the baseline", text.splitlines()[0])
            self.assertEqual((document["findings"], document["known"]), ([], 6))
            lines.write_text("# ours\n* main.* -- a test\nL1 nobody.* -- gone\n")
            answer = dowse(self.pid, "--suppress", str(lines))
            self.assertEqual(answer.returncode, 0, answer.stdout)
            self.assertIn("6 suppressed by %s" % lines, answer.stdout.decode())
            self.assertIn("lines:3 suppresses nothing: nobody.*", answer.stdout.decode())
            lines.write_text("L1 main.*\n")
            answer = dowse(self.pid, "--suppress", str(lines))
            self.assertEqual(answer.returncode, 2)
            self.assertIn("lines:1: it has no reason", answer.stderr.decode())
        for line in dowse(self.pid, "--format", "github").stdout.decode().splitlines():
            self.assertRegex(line, r"^::(error|notice) file=\S+main\.go,line=\d+,title=L\d+ \S+ ")

    def test_it_outlives_being_looked_at(self):
        for _ in range(5):
            dowse(self.pid)
        self.assertIsNone(self.leaky.process.poll())
        state = Path("/proc/%s/status" % self.pid).read_text()
        self.assertIn("TracerPid:\t0", state)
        self.assertNotRegex(state, r"State:\t[tT]")


class Names(unittest.TestCase):
    def test_a_process_is_found_by_its_name(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / ("shop-%d" % os.getpid())
            shutil.copy(PROGRAM, file)
            with Leaky("nil=1", file=file) as first:
                for target in (file.name, "name:" + file.name, "pid:%d" % first.pid):
                    answer = dowse(target, "--format", "json")
                    self.assertEqual(answer.returncode, 3, answer.stderr)
                    self.assertEqual(json.loads(answer.stdout)["target"]["pid"], first.pid)
                with Leaky(file=file) as second:
                    answer = dowse(file.name)
                    self.assertEqual(answer.returncode, 1)
                    self.assertIn(b"2 processes are called", answer.stderr)
                    for pid in (first.pid, second.pid):
                        self.assertIn(b"%d" % pid, answer.stderr)

    def test_a_healthy_process_has_nothing_to_fail_on(self):
        with Leaky("pool=50", "sleep=3") as leaky:
            answer = dowse(leaky.pid)
            self.assertEqual(answer.returncode, 0, answer.stdout)
            self.assertIn(b"shows no leak", answer.stdout)

    def test_hostile_names_do_no_harm(self):
        names = [b"\x1b[2Jevil", b"a\nproved 9 goroutines", b"\xff\xfe\x80", b'q"\\', b"x" * 200,
                 "\u202egpj".encode()]
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                file = os.path.join(os.fsencode(folder), name)
                shutil.copy(PROGRAM, file)
                process = Leaky("nil=1", name=os.fsdecode(name), file=os.fsdecode(file))
                with self.subTest(name=name), process as leaky:
                    for arguments in ([leaky.pid], ["goroutines", leaky.pid],
                                      ["goroutines", leaky.pid, "--all"], ["info", leaky.pid],
                                      ["ps"]):
                        text = dowse(*arguments).stdout
                        self.assertGreater(len(text), 20, arguments)
                        self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f\xff]", text), text)
                        self.assertNotIn("\u202e", text.decode())
                        self.assertNotIn(b"\nproved", text)
                        document = dowse(*arguments, "--format", "json").stdout
                        json.loads(document.decode("utf-8"))


if __name__ == "__main__":
    unittest.main()
