# SPDX-License-Identifier: Apache-2.0
"""Programs that know their heap, looked at by dowse, and judged: one case each."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402
import judging  # noqa: E402
import program  # noqa: E402

# Without their symbols globals have no names.
NAMELESS = ("stripped", "pie-stripped", "debian", "static", "v3", "greentea", "nogreentea",
            "noswissmap", "noallocheaders")


# The choices of single releases with their symbols, too.
EXPERIMENTS = [name for name in NAMELESS if "experiment" in build.VARIANTS[name]]
for experiment in EXPERIMENTS:
    build.VARIANTS[experiment + "-named"] = {**build.VARIANTS[experiment], "flags": []}


# Looks at heaps up to that size are kept until they are judged.
SAVED_MOST = 64 << 20

# Of every row, whatever the usual number is.
ALL = ("--limit", "1000000")


class LookError(Exception):
    """dowse did not answer."""


def run(command, timeout):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise LookError(f"{' '.join(command[1:])}: no answer within {timeout} s")


def dowse(*words, timeout=120):
    """What dowse prints. A loaded machine may have to be asked again."""
    command = [os.environ.get("DOWSE", "build/dowse"), *map(str, words)]
    for left in range(4, -1, -1):
        answer = run(command, timeout)
        if not left or b"is the machine overloaded?" not in answer.stderr:
            break
        time.sleep(2)
    if answer.returncode != 0:
        raise LookError(f"{' '.join(command[1:])}: status {answer.returncode}: "
                        f"{answer.stderr.decode('utf-8', 'replace').strip()[-500:]}")
    return answer.stdout


def heap(pid, *words, timeout=120):
    return json.loads(dowse("heap", pid, "--format", "json", *words, timeout=timeout))


def why(pid, what, timeout=120):
    return json.loads(dowse("why", pid, what, "--format", "json", timeout=timeout))


def still(pid):
    """Whether a signal has stopped it."""
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state in ("T", "t")


class Verdict:
    """What became of one case."""

    def __init__(self, title):
        self.title = title
        self.complaints = []
        self.facts = []

    def add(self, complaints):
        self.complaints += list(complaints)

    def line(self):
        word = "FAIL" if self.complaints else "ok"
        return f"{word:5} {self.title} {'; '.join(self.facts)}"

    def print(self, most=5):
        """The line, and of each kind of complaint so many."""
        print(self.line(), flush=True)
        told = {}
        for kind, text in self.complaints:
            told[kind] = told.get(kind, 0) + 1
            if told[kind] <= most:
                print(f"      {kind}: {text}")
        for kind, count in told.items():
            if count > most:
                print(f"      {kind}: and {count - most} more", flush=True)


def difference(answer, live):
    reachable = answer["heap"]["reachable_bytes"]
    typed = answer["heap"]["typed_bytes"]
    return (f"{live} alive, {reachable - live:+} ({100.0 * (reachable - live) / live:+.3f} %), "
            f"{100.0 * typed / max(reachable, 1):.2f} % typed")


def judge_edifice(subject, verdict, named=True, paths=True, holders=True):
    """All that the edifice knows, and parity besides; named: its globals have their names."""
    truth = json.loads(subject.ask("truth"))
    live = int(subject.ask("live"))
    types = heap(subject.pid)
    verdict.facts.append(difference(types, live))
    verdict.add(judging.parity(types, live))
    verdict.add(judging.consistent(types))
    verdict.add((judging.judge_types if named else judging.judge_stripped)(truth, types))
    if holders:
        counted = json.loads(subject.ask("classes"))
        verdict.add(judging.judge_spans(counted, heap(subject.pid, "--by", "span", *ALL)))
        verdict.add(judging.judge_packages(heap(subject.pid, "--by", "package", *ALL)))
    if named and holders:
        verdict.add(judging.judge_holders(truth, heap(subject.pid, "--by", "holder", *ALL)))
    if paths:
        for structure in truth["structures"]:
            for way in structure["paths"]:
                try:
                    answer = why(subject.pid, way[-1]["address"])
                except LookError as error:
                    verdict.complaints.append(("why", str(error)))
                    continue
                verdict.add(judging.judge_path(structure, way, answer, named))
            for address, kinds in structure["roots"].items():
                verdict.add(judging.judge_roots(structure, address, kinds,
                                                why(subject.pid, address)))
    wasted = int(subject.ask("garbage 20000"))
    after = heap(subject.pid)
    verdict.add(judging.parity(after, live))
    if after["heap"]["garbage_bytes"] < wasted:
        verdict.complaints.append(("garbage", f"{after['heap']['garbage_bytes']} bytes of garbage, "
                                              f"of {wasted} at least"))
    rows, _ = judging.by_type(after)
    if "main.Garbage" in rows:
        verdict.complaints.append(("garbage", f"reachable: {rows['main.Garbage']}"))


def look_at(subject, live, least):
    """What it says, and complaints: of a look that is off also who holds what in that very look."""
    if live > SAVED_MOST:
        answer = heap(subject.pid)
        return answer, list(judging.parity(answer, live, least=least))
    with tempfile.TemporaryDirectory(prefix="dowse-look-") as folder:
        file = Path(folder) / "look.dowse"
        answer = heap(subject.pid, "--save", file)
        complaints = list(judging.parity(answer, live, least=least))
        if complaints:
            held = json.loads(dowse("heap", file, "--by", "holder", "--format", "json", *ALL))
            complaints += [("held", f"{row['bytes']} bytes by {row['kind']} {row['name']}: " +
                            ", ".join(f"{part['count']} x {part['type']}"
                                      for part in row["children"][:3]))
                           for row in held["holders"]
                           if row["kind"] != "global" or row["bytes"] > live // 10]
        return answer, complaints


def judge_live(subject, verdict, litter=None, least=judging.PARITY_BYTES):
    """Parity, and with garbage beside it."""
    live = int(subject.ask("live"))
    answer, complaints = look_at(subject, live, least)
    verdict.facts.append(difference(answer, live))
    verdict.add(complaints)
    verdict.add(judging.consistent(answer))
    if litter:
        subject.ask(f"litter {litter}")
        answer, complaints = look_at(subject, live, judging.PARITY_BYTES)
        verdict.facts.append(f"beside {answer['heap']['garbage_bytes'] >> 20} MiB of garbage "
                             f"{answer['heap']['reachable_bytes'] - live:+}")
        verdict.add(complaints)
        if answer["heap"]["garbage_bytes"] < litter << 19:
            verdict.complaints.append(("garbage", f"{answer['heap']['garbage_bytes']} bytes"))


def judge_frozen(subject, verdict):
    """A process that stopped right after a collection, before it had swept."""
    subject.process.stdin.write(b"freeze\n")
    subject.process.stdin.flush()
    deadline = time.monotonic() + subject.timeout
    while not still(subject.pid):
        if time.monotonic() > deadline:
            raise program.ProgramError("it does not stop")
        time.sleep(0.001)
    try:
        answer = heap(subject.pid)
    finally:
        os.kill(subject.pid, signal.SIGCONT)
    words = subject.read_line().split()
    live = int(subject.read_bytes(int(words[1])))
    verdict.facts.append(difference(answer, live))
    verdict.add(judging.parity(answer, live))
    verdict.add(judging.consistent(answer))


# By name: the program, its arguments, and how it is judged.
CASES = {
    "edifice": ("edifice", [], judge_edifice),
    "mixed": ("ballast", ["-mib", "300"], lambda s, v: judge_live(s, v, 60)),
    "small": ("ballast", ["-mib", "20"], lambda s, v: judge_live(s, v, 10)),
    "frozen": ("ballast", ["-mib", "150"], judge_frozen),
    "goroutines": ("ballast", ["-goroutines", "10000", "-mib", "5"],
                   lambda s, v: judge_live(s, v, 5)),
    "spinning": ("ballast", ["-spin", "3", "-mib", "5"], lambda s, v: judge_live(s, v)),
    "zoo": ("zoo", [], lambda s, v: judge_live(s, v)),
    "keeper": ("keeper", ["-objects", "200000", "-secrets", "500"], lambda s, v: judge_live(s, v)),
    "crowd": ("crowd", ["-n", "3000"],
              lambda s, v: judge_live(s, v, least=judging.CONNECTIONS)),
}


def judge(release, variant, name, paths=True, holders=True):
    """The verdict on one case; build.Unbuildable, if it does not exist."""
    package, arguments, how = CASES[name]
    verdict = Verdict(f"{release:5} {variant:20} {name:10}")
    command = build.build(release, variant, package) + arguments
    begin = time.monotonic()
    try:
        with program.Controlled(command, timeout=120, environment={"GOGC": "off"}) as subject:
            if name == "edifice":
                how(subject, verdict, variant not in NAMELESS, paths, holders)
            else:
                how(subject, verdict)
            subject.ask("count")  # it is still there, and answers
    except (LookError, program.ProgramError, OSError, KeyError, TypeError, ValueError) as error:
        verdict.complaints.append(("look", f"{type(error).__name__}: {error}"))
    verdict.facts.append(f"{time.monotonic() - begin:.1f} s")
    return verdict
