# SPDX-License-Identifier: Apache-2.0
"""The programs that are looked at: built once, kept where test/truth keeps its own."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test" / "truth"))

import build  # noqa: E402
import measure  # noqa: E402
from program import Controlled, ProgramError  # noqa: E402, F401

MIB = 1 << 20
SPARE = 3 << 30  # bytes that stay free for all the others
STRIPPED = "-ldflags=-s -w"


def environment(cgo=False):
    """The Go at hand, whatever the machine has."""
    return {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "GOWORK": "off",
            "GOEXPERIMENT": "", "CGO_ENABLED": "1" if cgo else "0"}


def go_version():
    answer = subprocess.run(["go", "env", "GOVERSION"], env=environment(), timeout=60,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return answer.stdout.decode().strip()


def folder(*names):
    path = build.cache().joinpath("bench", go_version(), *names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def stripped(name):
    """A program built by the Go at hand, stripped, as people run their services."""
    release = re.match(r"go(\d+\.\d+)", go_version()).group(1)
    output = folder() / name
    build.run(["nice", "go", "build", f"-modfile={build.modfile(release)}", "-p=2", STRIPPED,
               "-o", str(output), f"./{name}"], environment(), build.PROGRAMS, 600)
    return [str(output)]


def crowd():
    return stripped("crowd")


def start_keeper(objects):
    """So many linked objects of 80 bytes."""
    flags = ["-objects", str(objects)]
    return in_front(Controlled(stripped("keeper") + flags, timeout=300))


def start_shape(shape, objects):
    """A heap of one shape, and so many objects, about."""
    flags = ["-shape", shape, "-objects", str(objects)]
    return in_front(Controlled(stripped("shapes") + flags, timeout=600))


def crowd_for_peers():
    """The crowd with debug information, by a release that an old Delve knows."""
    return build.build("1.20", "plain", "crowd")


def affordable(mebibytes):
    """So many MiB of heap, or as many as this machine can spare."""
    return max(min(mebibytes, (measure.available() - SPARE) // MIB), 64)


def start(command, goroutines, ballast=0, write=0):
    """A crowd that is ready; large ones take their time."""
    flags = ["-n", str(goroutines), "-ballast", str(ballast), "-write", str(write)]
    return in_front(Controlled(command + flags, timeout=300))


def in_front(target):
    """It has a session of its own, which is to have the priority that this process has."""
    level = os.getpriority(os.PRIO_PROCESS, 0)
    if level:
        measure.raise_session(target.pid, level)
    return target


def ticks(target):
    """What the target noticed since it was last asked."""
    return json.loads(target.ask("ticks"))


class Gap:
    """
    How long the target stood still, as its own ticking goroutine saw it: the longest time between
    two ticks, without what lies between two ticks when nobody looks. Milliseconds.
    """

    def __init__(self, target, quiet_seconds=0.2):
        self.target = target
        ticks(target)
        time.sleep(quiet_seconds)
        counts = ticks(target)
        self.quiet = counts["longest_gap_ms"]
        self.usual = counts["seconds"] * 1000 / max(counts["ticks"], 1)
        self.seen = 0.0

    def __enter__(self):
        ticks(self.target)
        return self

    def __exit__(self, *_):
        self.seen = max(ticks(self.target)["longest_gap_ms"] - self.usual, 0.0)
