# SPDX-License-Identifier: Apache-2.0
"""Programs of releases that do not exist yet, and processes with more than one Go runtime."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import judge  # noqa: E402
import program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))

LIBRARY = """
package main

import "C"

var never = make(chan int)

//export %s
func %s(count C.int) {
	for i := 0; i < int(count); i++ {
		go func() { <-never }()
	}
}

func main() {}
"""
HOST = """
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		void (*start)(int) = library ? (void (*)(int))dlsym(library, argv[i + 1]) : NULL;
		if (!start) {
			puts(dlerror());
			return 1;
		}
		start(5);
	}
	puts("ready");
	fflush(stdout);
	getchar();
	return 0;
}
"""


def goroutines(pid):
    return json.loads(judge.ask_dowse([DOWSE], pid, "json", 60))


class NewRelease(unittest.TestCase):
    def look(self, variant, words):
        """The newest release under the name of the next: told truly, but with a warning."""
        command = build.build("1.27", variant, "zoo")
        with tempfile.TemporaryDirectory() as folder:
            renamed = os.path.join(folder, "zoo")
            with open(command[0], "rb") as file:
                image = file.read()
            self.assertIn(b"go1.27.0", image)
            with open(renamed, "wb") as file:
                file.write(image.replace(b"go1.27.0", b"go1.28.0"))
            os.chmod(renamed, 0o755)
            with program.Controlled([renamed] + command[1:]) as target:
                warnings = goroutines(target.pid)["warnings"]
                self.assertEqual(len(warnings), 1)
                self.assertIn("go1.28.0 is not a release that dowse knows", warnings[0])
                self.assertIn(words, warnings[0])
                verdict = judge.judge(target.dump, [DOWSE], target.pid, quiet=True)
                self.assertGreater(verdict.still, 300)
                self.assertGreaterEqual(verdict.per_mille(), 999, judge.summary(verdict))

    def test_stripped(self):
        self.look("stripped", "no debug information")

    def test_with_debug_information(self):
        self.look("plain", "by its debug information")


class ManyRuntimes(unittest.TestCase):
    def test_two_libraries(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = []
            for name in ("One", "Two"):
                source = os.path.join(folder, name + ".go")
                with open(source, "w", encoding="ascii") as file:
                    file.write(LIBRARY % (name, name))
                library = os.path.join(folder, name + ".so")
                subprocess.run(["go", "build", "-buildmode=c-shared", "-o", library, source],
                               check=True, cwd=folder, timeout=300,
                               env=dict(os.environ, GO111MODULE="auto", CGO_ENABLED="1"))
                arguments += [library, name]
            source, host = os.path.join(folder, "host.c"), os.path.join(folder, "host")
            with open(source, "w", encoding="ascii") as file:
                file.write(HOST)
            subprocess.run(["cc", "-o", host, source, "-ldl"], check=True, timeout=60)
            with subprocess.Popen([host] + arguments, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as process:
                try:
                    self.assertEqual(process.stdout.readline(), b"ready\n")
                    warnings = goroutines(process.pid)["warnings"]
                finally:
                    process.kill()
        self.assertEqual(len(warnings), 1)
        self.assertIn("1 more Go runtime, whose goroutines are not shown", warnings[0])


class NoProcess(unittest.TestCase):
    def test_zombie(self):
        """Every verb says the same of it in one line, the doctor too."""
        with subprocess.Popen(["true"]) as process:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            for verb in (["goroutines"], ["info"], ["doctor"], []):
                answer = subprocess.run([DOWSE] + verb + [f"pid:{process.pid}"], timeout=60,
                                        capture_output=True, text=True, check=False)
                self.assertEqual((answer.returncode, answer.stdout), (1, ""), verb)
                self.assertRegex(answer.stderr, r"^dowse: true .* is a zombie: .*\n$")


if __name__ == "__main__":
    unittest.main()
