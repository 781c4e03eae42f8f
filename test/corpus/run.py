#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Ask dowse about the corpus: leaky programs, their fixed twins, and traps that look leaky.

    DOWSE=build/dowse test/corpus/run.py                 all of them, Go 1.26
    test/corpus/run.py --rows L1,L13 --release 1.19      some, of another release
    test/corpus/run.py --programs traps --way snapshot
    test/corpus/run.py --quick                           one pair a row, and half of the traps

Programs that are judged wrongly for a known reason are in PENDING: they are told and counted apart. One
that is right is told as well: it is to be taken off.

A hundred programs at once may keep one of them from building its state in time. So a leak that was
missed, or whose numbers are off, is asked for once more, alone, and which were is told. What was said of
programs that are well, or besides what was to be found, is wrong the first time.
"""

import argparse
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import asking  # noqa: E402
import programs  # noqa: E402
from pending import PENDING  # noqa: E402


def reason(verdict):
    """Why this one may be wrong; None: it may not."""
    # No answer at all is never known.
    return None if verdict.died else PENDING.get(verdict.one.name)


def choose(options):
    chosen = programs.all_programs()
    if options.rows:
        rows = {f"L{int(row.lstrip('L'))}" for row in options.rows.split(",")}
        chosen = [one for one in chosen if one.row in rows]
    if options.programs:
        chosen = [one for one in chosen if re.search(options.programs, one.name)]
    if options.quick:
        chosen = asking.few(chosen)
    if not chosen:
        sys.exit("run.py: no such program")
    return chosen


class Tally:
    def __init__(self, verbose):
        self.passed = self.failed = 0
        self.pending = {}
        self.mended = set()
        self.late = []   # programs that are asked about once more
        self.second = False
        self.verbose = verbose

    def heed(self, verdict):
        title = f"{verdict.release:5} {verdict.variant:9} {verdict.way:9} {verdict.one.name}"
        why = reason(verdict)
        if not verdict.complaints:
            self.passed += 1
            word = "ok"
            if verdict.one.name in PENDING:
                self.mended.add(verdict.one.name)
                word = "ok!"
        elif why:
            self.pending.setdefault(why, []).append(verdict.one.name)
            word = "open"
        elif verdict.wrong and not verdict.other and not self.second:
            self.late.append(verdict.one)
            word = "again"
        else:
            self.failed += 1
            word = "FAIL"
        print(f"{word:5} {title}  {verdict.seconds:.1f} s")
        if word in ("FAIL", "again") or word == "open" and self.verbose:
            for complaint in verdict.complaints[:8]:
                print(f"        {complaint}")
        sys.stdout.flush()

    def ask_again(self, ask):
        late = list(dict.fromkeys(self.late))
        self.second = True
        for one in late:
            ask([one])
        self.late, self.second = [], False

    def tell(self):
        for why, names in self.pending.items():
            print(f"pending, {len(set(names))} programs: {why}: {', '.join(sorted(set(names)))}")
        for name in sorted(self.mended):
            print(f"right, though in PENDING: {name}")
        if self.pending:
            print(f"{sum(map(len, self.pending.values()))} answers are wrong or missing, and known")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", default="1.26", help="of Go (1.26); several with commas")
    parser.add_argument("--variant", default="plain", help="way of building (plain)")
    parser.add_argument("--way", default="live", help="live, core or snapshot; several with commas")
    parser.add_argument("--rows", help="of the checklist, with commas")
    parser.add_argument("--programs", help="whose name has this pattern")
    parser.add_argument("--quick", action="store_true", help="few programs")
    parser.add_argument("--verbose", action="store_true", help="tell what is pending, too")
    options = parser.parse_args()
    chosen, tally, begin = choose(options), Tally(options.verbose), time.monotonic()
    for release in options.release.split(","):
        try:
            def ask(some, release=release):
                asking.run(some, release, options.variant, options.way.split(","),
                           heed=tally.heed)

            ask(chosen)
            tally.ask_again(ask)
        except programs.build.Unbuildable as error:
            print(f"FAIL  {release} {options.variant}: not built: {error}")
            tally.failed += 1
    tally.tell()
    print(f"{time.monotonic() - begin:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    try:
        status = main()
    finally:
        asking.processes.end_all()
    sys.exit(status)
