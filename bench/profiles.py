# SPDX-License-Identifier: Apache-2.0
"""A large profile, and a pair of them, judged; beside google/pprof's -top."""

import os
import subprocess
from pathlib import Path

import measure
import targets
from measure import median
from table import Absent, Row, ratio

PEER = "github.com/google/pprof@v0.0.0-20260906184651-6331bc6350fe"
SEED = 7
GROWN = 10  # of a hundred stacks, in the second of a pair

# Of a release build on a machine of its own, for 200,000 stacks: ms, and MB that it takes at most.
LIMITS = {"one": 650, "pair": 2150, "memory": 200}


def make(setting):
    """Two profiles of one program; bench-profiles lies beside dowse."""
    program = Path(setting.dowse).parent / "bench" / "bench-profiles"
    if not program.exists():
        subprocess.run(["ninja", "-C", program.parent.parent, "bench/bench-profiles"], check=True,
                       timeout=600, stdout=subprocess.DEVNULL)
    paths = []
    for name, grown in (("before", ()), ("after", (str(GROWN),))):
        path = setting.folder / f"{name}.pb.gz"
        with open(path, "wb") as file:
            subprocess.run([program, str(SEED), str(setting.sizes.stacks),
                            str(setting.sizes.stacks * 3 // 10), *grown], stdout=file, check=True,
                           timeout=300)
        paths.append(path)
    return paths


def peer():
    """google/pprof, from its module; None where it cannot be had."""
    folder = targets.build.cache() / "bench-pprof"
    program = folder / "pprof"
    if not program.exists():
        environment = {**targets.build.go_environment("1.26"), "GOBIN": str(folder)}
        subprocess.run(["go", "install", PEER], env=environment, timeout=600, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return program


def beside(setting, program, arguments, mine):
    run = measure.run([program, "-symbolize=none", "-top", "-output=/dev/null", *arguments],
                      setting.folder, setting.sizes.patience * 5,
                      environment={"PPROF_TMPDIR": str(setting.folder), "HOME": str(setting.folder)})
    return (f"pprof {run.wall:.1f} s, {run.peak / 1e6:,.0f} MB: "
            + ratio(run.wall * 1000, median(mine), "as long"))


def profiles(setting, table):
    before, after = make(setting)
    sizes = setting.sizes
    judged = {"one": [before], "pair": [before, after]}
    runs = {}
    for name, files in judged.items():
        runs[name] = [measure.run([setting.dowse, *files], setting.folder, sizes.patience, expect=(0, 3))
                      for _ in range(sizes.times_growth + 1)][1:]
    compared = {}
    try:
        program = peer()
        arguments = {"one": [str(before)], "pair": [f"-diff_base={before}", str(after)]}
        for name, words in arguments.items():
            compared[name] = beside(setting, program, words, [run.wall * 1000 for run in runs[name]])
        missing = None
    except (measure.Failed, subprocess.SubprocessError, OSError) as problem:
        missing = str(problem)
    full = sizes.stacks >= 200000
    table.section(f"dowse on a heap profile of {sizes.stacks:,} stacks, "
                  f"{os.path.getsize(before) / 1e6:.1f} MB")
    for name, words in (("one", "judged"), ("pair", "a pair, judged")):
        table.add(Row(words, [run.wall * 1000 for run in runs[name]],
                      limit=LIMITS[name] if full else None,
                      cpu=[run.cpu * 1000 for run in runs[name]], beside=compared.get(name, "")),
                  Row("memory at most", [run.peak / 1e6 for run in runs[name]], "MB",
                      limit=LIMITS["memory"] if full and name == "one" else None))
    if missing:
        table.add(Absent("google/pprof", missing, failure=False))
