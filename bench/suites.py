# SPDX-License-Identifier: Apache-2.0
"""Tests under `dowse exec`, beside the same without anybody, and with goleak in their TestMain."""

import re
import shutil
import subprocess
import threading
import time

import measure
import targets
from measure import median
from table import Absent, Row, ratio

SUITE = targets.build.PROGRAMS.parent / "exec" / "packages" / "suite"
GOLEAK = "go.uber.org/goleak@v1.3.0"
MANY = 2000  # tests
MORE = 5  # % of a suite's time
A_TEST = 3  # ms
NOISE = 10  # ms: a difference below that says nothing, and is told as so much

MAIN = """package suite

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
"""


def compiled(folder, name, environment, *flags):
    output = folder / name
    targets.build.run(["nice", "go", "test", "-c", "-vet=off", "-p=2", targets.STRIPPED, *flags,
                       "-o", str(output), "."], environment, folder, 600)
    return output


def binary(setting, with_goleak=False):
    """Built anew: its module may have to be fetched, and then it has another one."""
    folder = setting.folder / ("goleak" if with_goleak else "suite")
    shutil.copytree(SUITE, folder)
    (folder / "go.mod").write_text("module example.com/suite\n\ngo 1.19\n", encoding="utf-8")
    environment = targets.environment()
    if with_goleak:
        (folder / "main_test.go").write_text(MAIN, encoding="utf-8")
        targets.build.run(["go", "get", GOLEAK], environment, folder, 120)
    return compiled(folder, "suite.test", environment)


def told(output):
    """What was printed, without times; tests that run beside each other end in any order."""
    text = re.sub(r"\d+\.\d+s", "TIME", output.read_text(encoding="utf-8", errors="replace"))
    return tuple(sorted(text.splitlines()))


class Ways:
    """The same tests in several ways, in turns: a busy machine is as busy for each."""

    def __init__(self, setting, commands, words, environment):
        self.wall, self.cpu = ({name: [] for name in commands} for _ in range(2))
        for turn in range(setting.sizes.times_suite + 1):
            texts = set()
            for name, command in commands.items():
                run = measure.run([*command, *words], setting.folder, setting.sizes.patience,
                                  environment=environment)
                texts.add(told(run.output))
                if turn:
                    self.wall[name].append(run.wall * 1000)
                    self.cpu[name].append(run.cpu * 1000)
            if len(texts) != 1:
                raise measure.Failed("its output is another one under dowse")


def more(figures):
    """What dowse took more than the tests alone, of the medians, ms."""
    return max(median(figures["dowse"]) - median(figures["plain"]), NOISE)


def tests(setting, table, commands):
    count = setting.sizes.tests
    ways = Ways(setting, commands, ["-test.v", "-test.run=^Test(Sequential|Parallel)$"],
                {"TESTS": str(count)})
    table.section(f"dowse exec on {count:,} tests, sequential and parallel, without findings")
    table.add(Row("the tests alone", ways.wall["plain"], cpu=ways.cpu["plain"]),
              Row("under dowse", ways.wall["dowse"], cpu=ways.cpu["dowse"],
                  beside=ratio(median(ways.wall["dowse"]), median(ways.wall["plain"]), "alone")))
    if "goleak" in commands:
        table.add(Row("with goleak in TestMain", ways.wall["goleak"], cpu=ways.cpu["goleak"],
                      beside=ratio(median(ways.wall["goleak"]), median(ways.wall["plain"]), "alone")))
    else:
        table.add(Absent("with goleak in TestMain", "its module is not to be had, or not wanted",
                         failure=False))
    # What takes no second shows nothing of a share.
    if count >= MANY:
        table.add(Row("under dowse, more than alone",
                      [100 * more(ways.wall) / median(ways.wall["plain"])], "%", limit=MORE))
    table.add(Row("more, a test", [more(ways.wall) / count], limit=A_TEST))


def subtests(setting, table, commands):
    count = setting.sizes.subtests
    ways = Ways(setting, commands, ["-test.v", "-test.run=^TestSubtests$"], {"SUBTESTS": str(count)})
    table.section(f"dowse exec on {count:,} empty subtests")
    table.add(Row("the tests alone", ways.wall["plain"], cpu=ways.cpu["plain"]),
              Row("under dowse", ways.wall["dowse"], cpu=ways.cpu["dowse"]),
              Row("more, a test", [more(ways.wall) / count], limit=A_TEST))


def through_a_pipe(setting, command, size):
    """Seconds until all has come."""
    begin, seen = time.monotonic(), 0
    with subprocess.Popen([*command, "-test.run=^TestOutput$"], stdout=subprocess.PIPE,
                          env={**targets.environment(), "OUTPUT": str(size)}) as process:
        late = threading.Timer(setting.sizes.patience, process.kill)
        late.start()
        while piece := process.stdout.read(1 << 20):
            seen += len(piece)
        late.cancel()
    if process.returncode or seen < size << 20:
        raise measure.Failed(f"status {process.returncode} after {seen:,} bytes")
    return time.monotonic() - begin, seen


def output(setting, table, commands):
    size = setting.sizes.output
    wall = {name: [] for name in commands}
    for _ in range(setting.sizes.times_suite):
        seen = set()
        for name, command in commands.items():
            seconds, count = through_a_pipe(setting, command, size)
            wall[name].append(seconds * 1000)
            seen.add(count)
        if len(seen) != 1:
            raise measure.Failed("its output is another one under dowse")
    table.section(f"dowse exec on a test that prints {size:,} MiB through a pipe")
    table.add(Row("alone", wall["plain"]),
              Row("under dowse", wall["dowse"],
                  beside=ratio(median(wall["dowse"]), median(wall["plain"]), "alone")))


def suites(setting, table):
    alone = [str(binary(setting))]
    commands = {"plain": alone, "dowse": [setting.dowse, "exec", *alone]}
    beside = dict(commands)
    if setting.sizes.tests >= MANY:
        try:
            beside["goleak"] = [str(binary(setting, with_goleak=True))]
        except targets.build.Unbuildable:
            pass
    tests(setting, table, beside)
    subtests(setting, table, commands)
    output(setting, table, commands)
