# SPDX-License-Identifier: Apache-2.0
"""
The runtime's own suite of leaking goroutines, run from a toolchain's sources: its programs are built
in the test cache, its expectations are read from its own test. Nothing of it is kept here.

Only one thing is exchanged: package runtime/pprof, at the call that would write the profile. There
the program says `ready` and waits for a line, with everything stuck as it is; then it writes the real
profile, where its release has one, and ends.
"""

import dataclasses
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "truth"))

import build  # noqa: E402

SOURCES = "src/runtime/testdata/testgoroutineleakprofile"
EXPECTATIONS = "src/runtime/goroutineleakprofile_test.go"
NEWEST = "1.27"
FOLDERS = ("", "goker")

PROFILE = """
package pprof

import (
	"io"
	"os"
	"runtime/pprof"
)

type Profile struct{}

func Lookup(name string) *Profile { return &Profile{} }

// Nothing is allocated here that could lie beside what is waited for.
func (*Profile) WriteTo(w io.Writer, debug int) error {
	if w == io.Discard {
		return nil
	}
	os.Stdout.WriteString("ready\\n")
	var line [1]byte
	os.Stdin.Read(line[:])
	if real := pprof.Lookup("goroutineleak"); real != nil {
		real.WriteTo(os.Stdout, 2)
		os.Stdout.WriteString("\\nprofile\\n")
	}
	os.Stdout.WriteString("\\ndone\\n")
	os.Exit(0)
	return nil
}
"""

CALL = re.compile(r'^\t*make(Flaky)?Test\("(\w+)",?((?:\s*(?:`[^`]*`,?|//[^\n]*))*)\s*\)', re.M)
HEADER = re.compile(r"^goroutine (\d+) (?:gp=\S+ m=\S+ )?(?:mp=\S+ )?\[(.*)\]")


class SuiteError(Exception):
    """A program of the suite did not do what it does."""


@dataclasses.dataclass
class Case:
    name: str
    folder: str
    flaky: bool
    patterns: list


@dataclasses.dataclass
class Group:
    """A finding: how many of those at its place it speaks of. Which ones is not told."""
    count: int
    members: dict  # id → "function(...) [state]"


@dataclasses.dataclass
class Outcome:
    """What one run of a case came to."""
    proved: list  # of groups
    leaked: dict  # as the runtime says, by id; None: this release has no such profile
    stuck: dict  # all that wait for one another, or for nobody, by id


def toolchain(release):
    environment = build.go_environment(release)
    answer = subprocess.run(["go", "env", "GOROOT"], env=environment, capture_output=True,
                            text=True, timeout=300, check=True)
    return Path(answer.stdout.strip())


def cases():
    """As the newest release's test has them."""
    root = toolchain(NEWEST)
    text = (root / EXPECTATIONS).read_text()
    text = re.sub(r"^\s*//.*\n", "", text, flags=re.M)
    found = []
    for flaky, name, rest in CALL.findall(text):
        folder = next(f for f in FOLDERS if registered(root, f, name))
        found.append(Case(name, folder, bool(flaky), re.findall(r"`([^`]*)`", rest)))
    return found


def registered(root, folder, name):
    return any(f'register("{name}"' in path.read_text()
               for path in (root / SOURCES / folder).glob("*.go"))


def all_registered(folder):
    """Every program of a folder, whether the runtime's test runs it or not."""
    names = []
    for path in sorted((toolchain(NEWEST) / SOURCES / folder).glob("*.go")):
        names += re.findall(r'register\("(\w+)"', path.read_text())
    return names


def program(release, folder):
    """The built program; build.Unbuildable where this release cannot."""
    output = build.cache() / f"runtime-suite-{release}-{folder or 'plain'}"
    stamp = output.with_name(output.name + ".from")
    source = toolchain(NEWEST) / SOURCES / folder
    recipe = f"{source}\n{PROFILE}"
    if output.exists() and stamp.exists() and stamp.read_text() == recipe:
        return output
    with tempfile.TemporaryDirectory(prefix="dowse-suite-") as scratch:
        scratch = Path(scratch)
        (scratch / "held").mkdir()
        (scratch / "held" / "held.go").write_text(PROFILE)
        (scratch / "go.mod").write_text(f"module suite\n\ngo {release}\n")
        for path in source.glob("*.go"):
            text = path.read_text().replace('"runtime/pprof"', 'pprof "suite/held"')
            (scratch / path.name).write_text(text)
        experiment = "goroutineleakprofile" if release == "1.26" else ""
        build.run(["nice", "go", "build", "-p=2", "-o", str(output), "."],
                  build.go_environment(release, experiment=experiment), scratch, 900)
    stamp.write_text(recipe)
    return output


class Run:
    """One run of a case, up to where it waits for a line."""

    def __init__(self, executable, case, timeout=20):
        environment = {**os.environ, "GODEBUG": "asyncpreemptoff=1"}
        if not case.flaky:
            environment["GOMAXPROCS"] = "1"
        self.process = subprocess.Popen(
            [str(executable), case.name], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.buffer = b""
        try:
            self.read_until(b"ready\n", timeout)
        except SuiteError:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def switches(self):
        """How often its threads have gone to sleep by themselves: in a program at rest, no more."""
        count = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                text = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            count += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.M).group(1))
        return count

    def settle(self, still=0.4, timeout=20):
        """Wait until nothing in it has moved for a while: on a busy machine some come late."""
        until, since, known = time.monotonic() + timeout, time.monotonic(), None
        while time.monotonic() < min(until, since + still):
            now = self.switches()
            if now != known:
                known, since = now, time.monotonic()
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def read_until(self, end, timeout):
        until = time.monotonic() + timeout
        while end not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise SuiteError(f"no {end!r} within {timeout} s")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                raise SuiteError(f"it ended before {end!r}")
            self.buffer += piece
        text, self.buffer = self.buffer.split(end, 1)
        return text.decode("utf-8", "replace")

    def profile(self):
        """Goroutines that the runtime itself calls leaked, by id; None: it cannot tell."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        text = self.read_until(b"\ndone\n", 60)
        if "\nprofile\n" not in text:
            return None
        leaked = {}
        for block in text.split("\n\n"):
            lines = block.strip().splitlines()
            header = HEADER.match(lines[0]) if lines else None
            if not header or "(leaked)" not in header.group(2):
                continue
            state = header.group(2).replace(" (leaked)", "").split(",")[0]
            created = [i for i, line in enumerate(lines) if line.startswith("created by")]
            at = created[0] - 2 if created else len(lines) - 2
            name = lines[at].split("(")[0] if at > 0 else "?"
            leaked[int(header.group(1))] = f"{strip(lines[at])} [{state}]" if at > 0 else name
        return leaked


def strip(function):
    return function[len("main."):] if function.startswith("main.") else function


def ask(command, timeout=60):
    answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if answer.returncode not in (0, 3):
        raise SuiteError(f"{' '.join(command)}: {answer.stderr.strip()}")
    return json.loads(answer.stdout)


def described(goroutine):
    stack = goroutine["stack"]
    name = strip(stack[-1]["function"]) if stack else "?"
    return f"{name}(...) [{goroutine['state']}]"


def belongs(finding, goroutine, started_anywhere=False):
    """Is it one of those that the finding speaks of?"""
    if finding.get("members"):
        return goroutine["id"] in finding["members"]
    created, creator = finding["created_by"], goroutine["created_by"]
    if finding["state"] != goroutine["state"]:
        return False
    if not started_anywhere and (bool(created) != bool(creator) or (
            created and (created["function"], created["line"]) !=
            (creator["function"], creator["line"]))):
        return False
    own = [frame for frame in goroutine["stack"] if frame["function"].startswith("main.")]
    place = own[0] if own else creator
    return (place["function"], place["line"]) == (finding["function"], finding["line"])


STUCK = ("chan ", "select", "sync.", "semacquire")


def members_of(finding, users):
    members = [g for g in users if belongs(finding, g)]
    # Some who wait for a lock are told as one, whichever statements started them.
    if len(members) < finding["count"] and finding["rule"].startswith("lock-"):
        members = [g for g in users if belongs(finding, g, started_anywhere=True)]
    return {g["id"]: described(g) for g in members}


def judge(dowse, run):
    """Ask dowse about a run that waits, then the runtime itself."""
    pid = str(run.process.pid)
    run.settle()
    answer = ask([dowse, pid, "--format", "json", "--fail-on", "never"])
    everyone = ask([dowse, "goroutines", pid, "--all", "--format", "json"])["goroutines"]
    users = [g for g in everyone if g["id"] != 1 and not g["system"]]
    proved = []
    for finding in answer["findings"]:
        if finding["state"] and finding["certainty"] == "proved":
            proved.append(Group(finding["count"], members_of(finding, users)))
    stuck = {g["id"]: described(g) for g in users if g["state"].startswith(STUCK)}
    return Outcome(proved, run.profile(), stuck)


def reason_alike(pattern, release):
    """Before 1.24 not every wait has a reason of its own: then the function alone must fit."""
    if build.number(release) >= build.number("1.24"):
        return pattern
    return pattern.split(r" \[sync")[0].split(r" \[(sync")[0]
