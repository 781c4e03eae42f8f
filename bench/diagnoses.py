# SPDX-License-Identifier: Apache-2.0
"""The whole diagnosis, `dowse PID`: of a small service, and of heaps of 12 million objects."""

import json

import heaps
import measure
import targets
from table import Row

SMALL = 300  # ms
# Of 12 million objects, ms. Where every edge leads to a place that is in no cache, dominators alone
# take what heaps.py allows them.
LARGE = {"list": 4000, "server": 4000, "random": 12000}


class Diagnoses:
    """Several runs on one program; a first one is not counted."""

    def __init__(self, setting, target, times):
        self.wall, self.cpu, self.peak, self.pause = ([] for _ in range(4))
        command = [setting.dowse, str(target.pid), "--format", "json"]
        for i in range(times + 1):
            run = measure.run(command, setting.folder, setting.sizes.patience, expect=(0, 3))
            if not i:
                continue
            said = json.loads(run.output.read_text())
            self.objects = said["heap"]["objects"]
            self.findings = len(said["findings"])
            self.wall.append(run.wall * 1000)
            self.cpu.append(run.cpu * 1000)
            self.peak.append(run.peak / 1e6)
            self.pause.append(said["pause_ms"] or 0)
        if not self.objects:
            raise measure.Failed("dowse has judged the goroutines alone")

    def rows(self, limit):
        return (Row("until it has answered", self.wall, limit=limit, cpu=self.cpu,
                    beside=f"{self.objects:,} objects, {self.findings} findings"),
                Row("memory at most", self.peak, "MB"),
                Row("stopped, as dowse says", self.pause))


def diagnoses(setting, table):
    with targets.start(setting.crowd, 200, 16) as target:
        small = Diagnoses(setting, target, setting.sizes.times)
    table.section("dowse PID on a small service: 200 goroutines, 16 MiB")
    table.add(*small.rows(SMALL))
    whole = setting.sizes.heap == heaps.SHAPES["list"][0]
    for name, limit in LARGE.items():
        full, *_, words = heaps.SHAPES[name]
        count = heaps.affordable(full * setting.sizes.heap // heaps.SHAPES["list"][0])
        with targets.start_shape(name, count) as target:
            large = Diagnoses(setting, target, setting.sizes.times_heap)
        table.section(f"dowse PID, {name}: {words}"
                      + ("" if whole else f" (here {count:,} objects)"))
        table.add(*large.rows(limit if whole else None))
