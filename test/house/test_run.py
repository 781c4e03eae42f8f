"""test/run counts what suites say, and takes nothing for a pass that was none. Each test builds a
small project of real meson tests around one kind of suite."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(os.path.dirname(HERE), "run")
COUNTED = os.path.join(os.path.dirname(HERE), "counted.py")

CMOCKA = """echo '[==========] Running 3 test(s).'
echo '[  PASSED  ] %d test(s).' >&2
"""


class RunTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def run_suites(self, suites, *options):
        """The last line and the status of test/run over {name: shell script}."""
        lines = ["project('x', meson_version: '>= 1.0.0')", "sh = find_program('sh')"]
        for name, script in suites.items():
            file = name.replace("/", "-") + ".sh"
            with open(os.path.join(self.folder, file), "w", encoding="utf-8") as out:
                out.write(script)
            lines.append(
                "test('%s', sh, args: files('%s'), suite: '%s', timeout: 2)"
                % (name, file, name.split("/")[0])
            )
        with open(os.path.join(self.folder, "meson.build"), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        build = os.path.join(self.folder, "build")
        subprocess.run(
            ["meson", "setup", build, self.folder], check=True, stdout=subprocess.DEVNULL
        )
        result = subprocess.run(
            [sys.executable, RUN, build, *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.output = result.stdout
        return result.stdout.splitlines()[-1], result.returncode

    def test_sums_both_kinds(self):
        self.assertEqual(
            self.run_suites({"a/x": CMOCKA % 3, "b/y": "echo hello\necho '4 passed, 0 failed'\n"}),
            ("7 passed, 0 failed", 0),
        )

    def test_failures_of_both_kinds(self):
        failing = CMOCKA % 2 + "echo '[  FAILED  ] 1 test(s), listed below:' >&2\nexit 1\n"
        self.assertEqual(
            self.run_suites({"a/x": failing, "b/y": "echo '4 passed, 2 failed'\nexit 1\n"}),
            ("6 passed, 3 failed", 1),
        )

    def test_crash_after_the_count(self):
        self.assertEqual(
            self.run_suites({"a/x": "echo '4 passed, 0 failed'\nkill -SEGV $$\n"}),
            ("4 passed, 1 failed", 1),
        )

    def test_status_hides_failures(self):
        self.assertEqual(
            self.run_suites({"a/x": "echo '4 passed, 1 failed'\n"}), ("4 passed, 1 failed", 1)
        )

    def test_silence_is_no_pass(self):
        self.assertEqual(self.run_suites({"a/x": "exit 0\n"}), ("0 passed, 1 failed", 1))

    def test_nothing_passed_is_no_pass(self):
        self.assertEqual(
            self.run_suites({"a/x": "echo '0 passed, 0 failed'\n"}), ("0 passed, 1 failed", 1)
        )

    def test_skip_is_no_pass(self):
        skipped = CMOCKA % 2 + "echo '[  SKIPPED ] 1 test(s), listed below:' >&2\n"
        self.assertEqual(
            self.run_suites({"a/x": "echo '1 passed, 0 failed'\nexit 77\n", "b/y": skipped}),
            ("3 passed, 2 failed", 1),
        )

    def test_time_out(self):
        self.assertEqual(
            self.run_suites({"a/x": "sleep 20\necho '1 passed, 0 failed'\n"}),
            ("0 passed, 1 failed", 1),
        )

    def test_no_suite_at_all(self):
        self.assertEqual(self.run_suites({}), ("0 passed, 1 failed", 1))

    def test_chosen_suites(self):
        suites = {"a/x": "echo '1 passed, 0 failed'\n", "b/y": "echo '10 passed, 0 failed'\n"}
        self.assertEqual(self.run_suites(suites, "--suite", "b"), ("10 passed, 0 failed", 0))
        self.assertEqual(self.run_suites(suites, "--no-suite", "b"), ("1 passed, 0 failed", 0))
        self.assertEqual(self.run_suites(suites, "--suite", "c"), ("0 passed, 1 failed", 1))

    def test_output_of_a_failure_is_shown(self):
        self.run_suites({"a/x": "echo the reason >&2\necho '0 passed, 1 failed'\nexit 1\n"})
        self.assertIn("the reason", self.output)


    def test_once_more(self):
        second = "test -e ran && echo '2 passed, 0 failed' && exit 0\ntouch ran\nexit 1\n"
        suites = {"a/x": second, "a/y": "echo '3 passed, 0 failed'\n"}
        self.assertEqual(self.run_suites(suites), ("3 passed, 1 failed", 1))
        shutil.rmtree(os.path.join(self.folder, "build"))
        self.assertEqual(self.run_suites(suites, "--again"), ("5 passed, 0 failed", 0))
        self.assertEqual(
            self.output.splitlines()[-2], "passed only the second time: a/x"
        )

    def test_broken_stays_broken(self):
        suites = {"a/x": "echo '1 passed, 1 failed'\nexit 1\n", "b/y": "exit 0\n"}
        self.assertEqual(self.run_suites(suites, "--again"), ("1 passed, 2 failed", 1))
        self.assertNotIn("second time", self.output)


class CountedTest(unittest.TestCase):
    def counted(self, body):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cases.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write("import unittest\nclass T(unittest.TestCase):\n" + body)
            result = subprocess.run(
                [sys.executable, COUNTED, path], stdout=subprocess.PIPE, text=True, check=False
            )
            return result.stdout.splitlines()[-1], result.returncode

    def test_counts(self):
        body = " def test_a(self): pass\n def test_b(self): self.fail()\n def test_c(self): 1 / 0\n"
        self.assertEqual(self.counted(body), ("1 passed, 2 failed", 1))
        self.assertEqual(self.counted(" def test_a(self): pass\n"), ("1 passed, 0 failed", 0))

    def test_skip_is_no_pass(self):
        body = " def test_a(self): self.skipTest('no')\n def test_b(self): pass\n"
        self.assertEqual(self.counted(body), ("1 passed, 1 failed", 1))

    def test_no_test_is_no_pass(self):
        self.assertEqual(self.counted(" pass\n")[1], 1)

    def test_subtests_of_one_test_count_once(self):
        body = " def test_a(self):\n  for i in 1, 2:\n   with self.subTest(i=i): self.fail()\n"
        self.assertEqual(self.counted(body), ("0 passed, 1 failed", 1))


if __name__ == "__main__":
    unittest.main()
