# SPDX-License-Identifier: Apache-2.0
"""Run the programs of the corpus and ask dowse about them: live, from cores and from snapshots."""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import programs
from programs import build
import program as processes
import judging

READY = re.compile(r"^ready pid=(\d+) go=(\S+) (\{.*\})$")
# Evidence of size or of waiting is a suspicion only while younger than that, and than two collections.
AGE = 10.5
# That many programs at once.
BATCH = 100
WAYS = ("live", "core", "snapshot")


class AskError(Exception):
    """dowse did not answer."""


def dowse(*words, timeout=120):
    command = [os.environ.get("DOWSE", "build/dowse"), *map(str, words)]
    for left in range(4, -1, -1):
        try:
            answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise AskError(f"{' '.join(command[1:])}: no answer within {timeout} s")
        # A loaded machine may have to be asked again.
        if not left or b"did not stop within" not in answer.stderr:
            break
        time.sleep(1)
    if answer.returncode not in (0, 3):
        raise AskError(f"{' '.join(command[1:])}: status {answer.returncode}: "
                       f"{answer.stderr.decode('utf-8', 'replace').strip()[-300:]}")
    return answer.stdout


def diagnose(target, *words):
    return json.loads(dowse(target, "--format", "json", *words))


def few(chosen):
    """One pair a row, and a quarter of the traps."""
    traps = [one for one in chosen if one.kind == "trap"]
    return [one for one in chosen if one.path.parent.name == one.kind] + traps[::4]


def can_look_twice():
    return b"--over" in dowse("--help") + (subprocess.run(
        [os.environ.get("DOWSE", "build/dowse"), "diagnose", "--help"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=False).stdout)


class Subject(processes.Program):
    """A running program of the corpus."""

    def __init__(self, one, command, timeout=90):
        super().__init__(command, timeout=timeout, environment={"GOMAXPROCS": "2"})
        self.one = one
        self.told = None
        self.born = None
        self.listen()

    def listen(self):
        try:
            match = None
            while not match:
                match = READY.match(self.read_line())
        except processes.ProgramError:
            self.stop()
            raise
        self.pid = int(match.group(1))
        # What it measured at first: later the tests' own questions are in it too.
        self.told = self.told or json.loads(match.group(3))
        self.born = self.born or time.monotonic()

    def age(self):
        """Wait until it is old enough, and let it collect."""
        time.sleep(max(0, self.born + AGE - time.monotonic()))
        self.process.stdin.write(b"collect\n")
        self.process.stdin.flush()
        self.listen()


class Verdict:
    """What became of one program, release, way of building and way of asking."""

    def __init__(self, one, release, variant, way):
        self.one, self.release, self.variant, self.way = one, release, variant, way
        self.wrong = []   # in what was to be found
        self.other = []   # in what was said besides
        self.findings = []
        self.died = False  # it, or dowse
        self.seconds = 0.0

    @property
    def complaints(self):
        return self.wrong + self.other

    def judge(self, answer, told, looks):
        # A snapshot has no debug information, and so no names of globals.
        named = self.variant == "plain" and self.way != "snapshot"
        self.findings = answer["findings"]
        if self.one.kind == "leaky":
            self.wrong, self.other = judging.judge_leaky(
                self.one, answer, told, looks, named, self.way != "snapshot")
        else:
            self.other = judging.judge_silent(self.one, answer)


def ask_in_ways(subject, release, variant, ways, over, folder):
    """A verdict for each way."""
    one = subject.one
    for way in one.ways(ways):
        verdict = Verdict(one, release, variant, way)
        begin = time.monotonic()
        file = Path(folder) / f"{one.flat}.{way}"
        try:
            words, looks, target = [], 1, subject.pid
            if way == "live" and one.over and over:
                words, looks = ["--over", one.over], 2
            elif way == "snapshot":
                dowse("snapshot", subject.pid, "-o", file)
                target = file
            elif way == "core":
                # As the kernel writes them: with the bytes of all objects.
                dowse("snapshot", subject.pid, "--elf-core", "--with-data", "-o", file)
                target = file
            verdict.judge(diagnose(target, *words), subject.told, looks)
        except (AskError, ValueError, KeyError, programs.MarkerError) as error:
            verdict.other, verdict.died = [f"{type(error).__name__}: {error}"], True
        finally:
            if file.exists():
                file.unlink()
        if subject.process.poll() is not None:
            verdict.other.append(f"the program died, status {subject.process.returncode}")
            verdict.died = True
        verdict.seconds = time.monotonic() - begin
        yield verdict


def start(one, folder):
    try:
        return Subject(one, [str(folder / one.flat)])
    except (processes.ProgramError, OSError) as error:
        verdict = Verdict(one, "", "", "")
        verdict.other, verdict.died = [f"does not start: {error}"], True
        return verdict


def run(chosen, release, variant="plain", ways=("live",), over=None, heed=lambda verdict: None):
    """Build, start, ask and end those programs; all verdicts, told to heed() as they come."""
    over = can_look_twice() if over is None else over
    chosen = [one for one in chosen if one.exists_in(release)]
    verdicts = []
    folder = programs.build_all(chosen, release, variant)
    told = threading.Lock()

    def note(verdict):
        with told:
            verdicts.append(verdict)
            heed(verdict)

    crowd = [one for one in chosen if not one.alone]
    batches = [crowd[i:i + BATCH] for i in range(0, len(crowd), BATCH)]
    batches += [[one] for one in chosen if one.alone]
    with tempfile.TemporaryDirectory(prefix="dowse-corpus-") as room, ThreadPoolExecutor(4) as pool:
        for batch in batches:
            subjects = []
            for subject in pool.map(lambda one: start(one, folder), batch):
                if isinstance(subject, Verdict):
                    subject.release, subject.variant = release, variant
                    note(subject)
                else:
                    subjects.append(subject)
            for subject in subjects:
                with subject:
                    try:
                        subject.age()
                        for verdict in ask_in_ways(subject, release, variant, ways, over, room):
                            note(verdict)
                    except (processes.ProgramError, OSError) as error:
                        verdict = Verdict(subject.one, release, variant, "")
                        verdict.other, verdict.died = [f"did not go on: {error}"], True
                        note(verdict)
    return verdicts
