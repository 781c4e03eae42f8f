# SPDX-License-Identifier: Apache-2.0
"""A dump as large as the runtime makes them, read; beside panicparse."""

import re
import subprocess

import measure
import targets
from measure import median
from table import Absent, Row, ratio

PEER = "github.com/maruel/panicparse/v2/cmd/pp@v2.5.0"
SIZE = 64 << 20

# Of a release build on a machine of its own: ms, and MB at most.
LIMITS = {"wall": 116, "memory": 150}


def make(setting):
    """What the zoo prints of itself, again and again with other ids and addresses."""
    command = targets.build.build("1.26", "plain", "zoo")
    with targets.Controlled(list(map(str, command))) as zoo:
        # panicparse gives up at a path with a quote in it.
        blocks = [block for block in zoo.dump().rstrip("\n").split("\n\n")
                  if "/generated/" not in block]
    path = setting.folder / "dump.txt"
    wanted = min(SIZE, setting.sizes.many * 680)
    number, size = 0, 0
    with open(path, "w", errors="surrogateescape") as file:
        while size < wanted:
            number += 1
            block = re.sub(r"^goroutine \d+", f"goroutine {number}", blocks[number % len(blocks)])
            block = block.replace("0xc000", f"0xc{number % 4096:03x}") + "\n\n"
            size += file.write(block)
    return path, number, size


def peer():
    """panicparse, from its module."""
    folder = targets.build.cache() / "bench-panicparse"
    program = folder / "pp"
    if not program.exists():
        environment = {**targets.build.go_environment("1.26"), "GOBIN": str(folder)}
        subprocess.run(["go", "install", PEER], env=environment, timeout=600, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return program


def dumps(setting, table):
    sizes = setting.sizes
    path, number, size = make(setting)
    runs = [measure.run([setting.dowse, "goroutines", path], setting.folder, sizes.patience)
            for _ in range(sizes.times_growth + 1)][1:]
    wall = [run.wall * 1000 for run in runs]
    full = size >= SIZE
    try:
        theirs = measure.run([peer(), path], setting.folder, sizes.patience * 5,
                             expect=(0, 1, 2))
        beside = (f"panicparse {theirs.wall:.1f} s, {theirs.peak / 1e6:,.0f} MB: "
                  + ratio(theirs.wall * 1000, median(wall), "as long"))
        missing = None
    except (measure.Failed, subprocess.SubprocessError, OSError) as problem:
        beside, missing = "", str(problem)
    table.section(f"dowse on a dump of {number:,} goroutines, {size / 1e6:.1f} MB")
    table.add(Row("grouped, until the end", wall, limit=LIMITS["wall"] if full else None,
                  cpu=[run.cpu * 1000 for run in runs], beside=beside),
              Row("memory at most", [run.peak / 1e6 for run in runs], "MB",
                  limit=LIMITS["memory"] if full else None))
    if missing:
        table.add(Absent("panicparse", missing, failure=False))
