# SPDX-License-Identifier: Apache-2.0
"""The same programs, looked at by Delve, and by the runtime's own dump."""

import shutil
import subprocess
import time

import measure
import targets
from measure import median
from table import Absent, Row, ratio
from targets import Gap

# At the end of input Delve would ask again whether to kill the process.
DELVE_SCRIPT = "goroutines -t\nexit\n"
NOT_KILLED = b"n\nn\n"


def delve_version():
    """'Delve 1.20.2', or None where it is not installed."""
    if not shutil.which("dlv"):
        return None
    answer = subprocess.run(["dlv", "version"], timeout=30, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in answer.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("Version:"):
            return "Delve " + line.split()[1]
    return "Delve"


def delve(setting, target, timeout):
    """One look: (how it ran, how long the program stood)."""
    script = setting.folder / "delve"
    script.write_text(DELVE_SCRIPT)
    gap = Gap(target)
    with gap:
        run = measure.run(
            ["dlv", "attach", target.pid, "--init", script, "--allow-non-terminal-interactive=true"],
            setting.folder, timeout, NOT_KILLED, {"XDG_CONFIG_HOME": str(setting.folder)})
    with open(run.output, "rb") as output:
        listed = sum(line.lstrip(" *").startswith("Goroutine ")
                     for line in map(lambda line: line.decode("utf-8", "replace"), output))
    if listed < int(target.facts["goroutines"]):
        raise measure.Failed(f"only {listed} goroutines were listed")
    return run, gap.seen


def with_dowse(setting, target, times):
    """The text that the runtime would print, by dowse: (milliseconds, standing still)."""
    wall, cpu, seen = [], [], []
    for turn in range(times + 1):
        gap = Gap(target)
        with gap:
            run = setting.run("goroutines", str(target.pid), "--format", "go")
        if turn:
            wall.append(run.wall * 1000)
            cpu.append(run.cpu * 1000)
            seen.append(gap.seen)
    return wall, cpu, seen


def with_runtime(target, times):
    wall, seen = [], []
    for _ in range(times):
        gap = Gap(target)
        with gap:
            begin = time.monotonic()
            target.ask("dump")
            wall.append((time.monotonic() - begin) * 1000)
        seen.append(gap.seen)
    return wall, seen


def beside(setting, table, command, goroutines):
    """dowse, the runtime and Delve on one process, in this order: Delve must not harm the others."""
    sizes = setting.sizes
    name = delve_version()
    with targets.start(command, goroutines) as target:
        table.section(f"all stacks of {goroutines:,} goroutines, not stripped, {target.go}")
        wall, cpu, seen = with_dowse(setting, target, sizes.times_peers)
        table.add(Row("dowse --format go, until the end", wall, cpu=cpu),
                  Row("dowse --format go, standing still", seen))
        their_wall, their_seen = with_runtime(target, sizes.times_peers)
        table.add(
            Row("the runtime's dump, until the end", their_wall,
                beside=ratio(median(their_wall), median(wall), "dowse")),
            Row("the runtime's dump, standing still", their_seen,
                beside=ratio(median(their_seen), median(seen), "dowse")))
        if not name:
            table.add(Absent("Delve", "it is not installed", failure=False))
            return
        try:
            run, stood = delve(setting, target, sizes.patience)
        except measure.Failed as problem:
            table.add(Absent(name, str(problem), failure=False))
            return
        table.add(
            Row(f"{name}, until the end", [run.wall * 1000], cpu=[run.cpu * 1000],
                beside=ratio(run.wall * 1000, median(wall), "dowse")),
            Row(f"{name}, standing still", [stood], beside=ratio(stood, median(seen), "dowse")))


def peers(setting, table):
    try:
        command = targets.crowd_for_peers()
        for goroutines in setting.sizes.peers:
            beside(setting, table, command, goroutines)
    except (measure.Failed, targets.build.Unbuildable, targets.ProgramError, OSError) as problem:
        table.section("beside other tools")
        table.add(Absent("other tools", str(problem)))
