# SPDX-License-Identifier: Apache-2.0
"""What dowse costs: each function measures one thing and adds its rows to the table."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import diagnoses
import dumps
import giant
import heaps
import measure
import profiles
import suites
import targets
from measure import median
from table import Absent, Row, ratio
from targets import Gap, Controlled


PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Setting:
    """How to measure: with what, where, and how much of it."""
    dowse: str
    folder: Path  # for files that are thrown away
    sizes: object
    crowd: list  # the command of the program that is looked at

    def run(self, *arguments, timeout=60):
        return measure.run([self.dowse, *arguments], self.folder, timeout)

    def json(self, *arguments, timeout=60):
        """(how it ran, what it said)."""
        run = self.run(*arguments, "--format", "json", timeout=timeout)
        return run, json.loads(run.output.read_text())


class Looks:
    """Many runs of `dowse goroutines` on one program."""

    def __init__(self):
        self.wall, self.cpu, self.peak, self.pause, self.seen, self.quiet = ([] for _ in range(6))

    def add(self, setting, target):
        gap = Gap(target)
        with gap:
            run, said = setting.json("goroutines", str(target.pid))
        if said["goroutine_count"] < int(target.facts["goroutines"]) or not said["complete"]:
            raise measure.Failed(f"dowse has seen {said['goroutine_count']} goroutines only")
        self.wall.append(run.wall * 1000)
        self.cpu.append(run.cpu * 1000)
        self.peak.append(run.peak / 1e6)
        self.pause.append(said["pause_ms"])
        self.seen.append(gap.seen)
        self.quiet.append(gap.quiet)


def looks(setting, target, times):
    # The first one finds neither the executable nor its own in the page cache: it is not counted.
    setting.run("goroutines", str(target.pid))
    result = Looks()
    for _ in range(times):
        result.add(setting, target)
    return result


def few(setting, table):
    """A small program: what matters is how long one waits."""
    with targets.start(setting.crowd, 20) as target:
        result = looks(setting, target, setting.sizes.times)
    table.section("dowse goroutines on 20 goroutines")
    table.add(Row("until it has answered", result.wall, limit=60, cpu=result.cpu))


def pause(setting, table):
    """1,000 goroutines in a large process."""
    ballast = targets.affordable(setting.sizes.large)
    with targets.start(setting.crowd, 1000, ballast) as target:
        resident = measure.resident(target.pid)
        result = looks(setting, target, setting.sizes.times)
    title = f"dowse goroutines on 1,000 goroutines in {resident / 2**30:.1f} GiB"
    if ballast < setting.sizes.large:
        title += f" (not {setting.sizes.large / 1024:.0f}: this machine has no more to spare)"
    table.section(title)
    table.add(
        Row("stopped, as dowse says", result.pause, limit=5),
        Row("stopped, as the program sees it", result.seen, limit=5),
        Row("longest gap that it sees with nobody looking", result.quiet),
        Row("until it has answered", result.wall, cpu=result.cpu))


def many(setting, table):
    """As many goroutines as services in trouble have."""
    with targets.start(setting.crowd, setting.sizes.many) as target:
        result = looks(setting, target, setting.sizes.times_large)
    table.section(f"dowse goroutines on {setting.sizes.many:,} goroutines")
    table.add(
        Row("until it has answered", result.wall, limit=1000, cpu=result.cpu),
        Row("memory at most", result.peak, "MB", limit=300),
        Row("stopped, as dowse says", result.pause, limit=150),
        Row("stopped, as the program sees it", result.seen, limit=150))


def executable(setting, table):
    """A large executable: what has to be found out about it before the first goroutine."""
    path = giant.giant(setting.sizes.executable)
    with targets.in_front(Controlled([str(path)])) as target:
        _, said = setting.json("goroutines", str(target.pid))
        place = said["groups"][0]["stack"][-1]["function"] if said["groups"] else "nothing"
        if place != "main.main":
            raise measure.Failed(f"dowse has seen {place}, not main.main")
        runs = [setting.run("goroutines", str(target.pid)) for _ in range(setting.sizes.times)]
    table.section(f"dowse goroutines on an executable without debug information of "
                  f"{giant.made_of(path)}")
    table.add(
        Row("until it has answered", [run.wall * 1000 for run in runs], limit=500,
            cpu=[run.cpu * 1000 for run in runs]),
        Row("memory at most", [run.peak / 1e6 for run in runs], "MB"))


def fork_limit(own, threads):
    """What a fork may cost, in ms, where the program's own takes `own`."""
    return 1.3 * own + 2 + 0.025 * threads


def own_fork(target):
    time.sleep(0.1)  # the last child's memory is being freed
    return int(target.ask("fork")) / 1e6


def fork(setting, table):
    """A fork made by dowse, and one that the program makes itself, in turns."""
    for wanted in setting.sizes.forks:
        ballast = targets.affordable(wanted)
        own, printed, seen, stopped = [], [], [], []
        with targets.start(setting.crowd, 20, ballast) as target:
            threads = measure.threads(target.pid)
            resident = measure.resident(target.pid)
            for turn in range(setting.sizes.times_fork + 1):
                # One before and one after: what a fork takes changes from second to second.
                mine = [own_fork(target)]
                gap = Gap(target)
                with gap:
                    _, said = setting.json("doctor", str(target.pid), "--measure")
                mine.append(own_fork(target))
                if not turn:
                    continue  # the first forks have to mark every page as shared
                measured = said["process"]
                if measured["fork"]["problem"]:
                    raise measure.Failed("no fork: " + measured["fork"]["problem"])
                own += mine
                printed.append(measured["fork"]["pause_ms"])
                stopped.append(measured["stop"]["pause_ms"])
                seen.append(gap.seen)
        limit = fork_limit(median(own), threads)
        table.section(f"a fork of {resident / 2**30:.2f} GiB, {threads} threads")
        table.add(
            Row("the program's own fork()", own),
            Row("stopped for dowse's fork, as dowse says", printed, limit=limit,
                beside=ratio(median(printed), median(own), "its own")),
            Row("stopped for dowse's fork, as the program sees it", seen, limit=limit,
                beside=ratio(median(seen), median(own), "its own")),
            Row("a stop without a fork, as dowse says", stopped))


def pages_per_second(counts):
    """In millions: the program writes a byte to each page."""
    return counts["written_per_second"] / PAGE / 1e6


def written(target, seconds):
    targets.ticks(target)
    time.sleep(seconds)
    return pages_per_second(targets.ticks(target))


def writes(setting, table):
    """What a program that writes all the time gets done before, during and after."""
    window = setting.sizes.window
    ballast = targets.affordable(setting.sizes.written)
    kinds = (("a stop", ("goroutines",)), ("a stop and a fork", ("doctor", "--measure")))
    with targets.start(setting.crowd, 20, ballast, write=-1) as target:
        time.sleep(window)
        for name, (verb, *options) in kinds:
            before, during, after = [], [], []
            for _ in range(setting.sizes.times_writes):
                before.append(written(target, window))
                targets.ticks(target)
                setting.run(verb, str(target.pid), *options)
                during.append(pages_per_second(targets.ticks(target)))
                after.append(written(target, window))
            table.section(f"millions of pages a second that a program writes to, {ballast:,} MiB "
                          f"over and over, beside {name}")
            usual = median(before)
            table.add(
                Row(f"before, {window:g} s", before, "M/s"),
                Row("while dowse runs", during, "M/s",
                    beside=ratio(median(during), usual, "before")),
                Row(f"after, {window:g} s", after, "M/s",
                    beside=ratio(median(after), usual, "before")))


def snapshot(setting, table):
    """A heap of 1 GiB in 12 million objects: kept in a file, and opened again."""
    wanted = setting.sizes.objects
    saved, opened, pauses, forks, peaks, shares = ([] for _ in range(6))
    file = str(setting.folder / "kept.dowse")
    with targets.start_keeper(wanted) as target:
        for turn in range(setting.sizes.times_large + 1):
            run, said = setting.json("snapshot", str(target.pid), "-o", file)
            again = setting.run("goroutines", file)
            if not said["snapshot"]["complete"]:
                raise measure.Failed("it is incomplete: " + said["snapshot"]["incomplete"])
            if not turn:
                continue
            saved.append(run)
            opened.append(again)
            pauses.append(said["pause_ms"])
            forks.append(said["snapshot"]["reading_ms"])
            peaks.append(max(run.peak, again.peak) / 2**20)
            heap = said["snapshot"]["pointer_object_bytes"]
            shares.append(said["snapshot"]["file_bytes"] * 100 / heap)
        size = said["snapshot"]["file_bytes"]
    table.section(f"dowse snapshot of {wanted:,} objects in {heap / 2**30:.2f} GiB of heap")
    table.add(
        Row("until the file is there", [run.wall * 1000 for run in saved], limit=3000,
            cpu=[run.cpu * 1000 for run in saved]),
        Row("stopped, as dowse says", pauses),
        Row("the fork lives for", forks),
        Row("memory at most", peaks, "MiB", limit=64),
        Row("the file, of the heap's size", shares, "%", limit=20,
            beside=f"{size / wanted:.1f} bytes an object"),
        Row("opened, until the first answer", [run.wall * 1000 for run in opened], limit=1000,
            cpu=[run.cpu * 1000 for run in opened]))


ALL = {"few": few, "snapshot": snapshot, "pause": pause, "many": many, "executable": executable, "fork": fork,
       "writes": writes, "heap": heaps.heap, "hundred": heaps.hundred,
       "flat": heaps.flat,
       "diagnosis": diagnoses.diagnoses,
       "profiles": profiles.profiles, "dumps": dumps.dumps, "exec": suites.suites}

# Those that only who names them wants.
BY_NAME = ("flat",)


def measure_one(name, setting, table):
    """One measurement; one that does not work is a row too, and a failure."""
    try:
        ALL[name](setting, table)
    except (measure.Failed, targets.build.Unbuildable, targets.ProgramError, OSError) as problem:
        table.section(name)
        table.add(Absent(name, str(problem)))
