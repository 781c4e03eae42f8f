# SPDX-License-Identifier: Apache-2.0
"""Build and run test/runtime/probe, a program that reports the runtime's own counts of itself."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402

RELEASES = list(build.RELEASES)

# How to link; each is built twice, with its symbol table and without. Both have linker flags of
# the same length, which the program carries in its data: so they are laid out alike.
VARIANTS = {
    "plain": (False, []),
    "pie": (False, ["-buildmode=pie"]),
    "trimpath": (False, ["-trimpath"]),
    "cgo": (True, ["-tags=probe_cgo"]),
    "cgo-pie": (True, ["-tags=probe_cgo", "-buildmode=pie"]),
    "race": (True, ["-race"]),
    "noopt": (False, ["-gcflags=all=-N -l"]),
}


def make(release, variant, stripped):
    """Build the probe; its path."""
    cgo, flags = VARIANTS[variant]
    folder = build.cache() / release / "probe"
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / (variant + ("-stripped" if stripped else ""))
    linker = "-ldflags=-w -s" if stripped else "-ldflags=-w -w"
    build.run(["nice", "go", "build", "-p=2", *flags, linker, "-o", str(output), "."],
              build.go_environment(release, cgo), HERE / "probe", 600)
    return output


class Probe:
    """A running probe. It stands still unless it is asked."""

    def __init__(self, path, **environment):
        variables = {"PROBE_" + name.upper(): str(value) for name, value in environment.items()}
        self.process = subprocess.Popen([str(path)], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, env={**os.environ, **variables})
        self.pid = self.process.pid
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{path} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, word=""):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def dowse(*words, status=0, **options):
    """What dowse prints."""
    answer = subprocess.run([os.environ["DOWSE"], *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                            **options)
    if answer.returncode != status:
        raise AssertionError(f"dowse {' '.join(map(str, words))}: status {answer.returncode}, "
                             f"not {status}: {answer.stdout[-500:]}{answer.stderr}")
    return answer.stdout if status == 0 else answer.stderr


def dowse_json(*words):
    return json.loads(dowse(*words, "--format", "json"))


def symbols(path):
    """The addresses of the runtime's symbols, as binutils reads them."""
    lines = subprocess.run(["nm", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True, check=True).stdout.splitlines()
    words = (line.split() for line in lines)
    return {word[2]: int(word[0], 16) for word in words
            if len(word) == 3 and word[2].startswith("runtime.")}


def segments(path, writable=False):
    """The loadable segments' addresses and sizes in memory; of all, or of data alone."""
    data = Path(path).read_bytes()[:4096]
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for i in range(count):
        kind, flags = struct.unpack_from("<II", data, offset + i * size)
        if kind == 1 and (flags & 2 or not writable):
            address, = struct.unpack_from("<Q", data, offset + i * size + 16)
            length, = struct.unpack_from("<Q", data, offset + i * size + 40)
            found.append((address, length))
    return found


def bias(pid, path):
    """How far from its own addresses the kernel has mapped the executable."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith(str(path)):
            return int(line.split("-")[0], 16) - (segments(path)[0][0] & ~4095)
    raise AssertionError(f"{path} is not mapped")
