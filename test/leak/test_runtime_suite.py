#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Hold dowse against the runtime's own suite of leaking goroutines.

    test_runtime_suite.py --releases 1.27,1.22
    test_runtime_suite.py --releases 1.19 --folders goker --runs 5 --only Etcd
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runtime_suite as suite  # noqa: E402
import build  # noqa: E402


LINES_MAX = 30


class Tally:
    """Of one release and folder."""

    def __init__(self):
        self.cases = self.runs = self.expected = self.found = 0
        self.leaked = self.agreed = self.proved = self.beyond = self.stuck = 0
        self.wrong, self.missing, self.broken = [], [], []

    def line(self):
        words = (f"{self.cases} cases, {self.runs} runs: {self.found} of {self.expected} expected "
                 f"leaks proved; {self.proved} goroutines proved of {self.stuck} that wait")
        if self.leaked:
            words += (f"; of {self.leaked} that the runtime calls leaked {self.agreed}, "
                      f"and {self.beyond} beyond")
        return words


def fits(patterns, words, release):
    return any(re.search(suite.reason_alike(p, release), words) for p in patterns)


def compare(tally, case, group, leaked, release):
    """One finding with what the runtime says of the goroutines at its place, if it does."""
    inside = len(set(group.members) & set(leaked))
    words = sorted(set(group.members.values()))
    tally.proved += group.count
    tally.agreed += min(group.count, inside)
    tally.beyond += max(group.count - inside, 0)
    if group.count > len(group.members):
        tally.broken.append(f"{case.name}: {words}: {group.count} are more than there are")
    if group.count > inside and not all(fits(case.patterns, w, release) for w in words):
        tally.wrong.append(f"{case.name}: {words} are proved, and not expected")
    if group.count < inside:
        tally.missing.append(f"{case.name}: {words}: {inside} are leaked, {group.count} proved")


def take_run(tally, case, outcome, release, seen):
    leaked = {n: words for n, words in (outcome.leaked or {}).items() if n != 1}
    told = set()
    tally.runs += 1
    tally.leaked += len(leaked)
    tally.stuck += len(outcome.stuck)
    for group in outcome.proved:
        told |= set(group.members)
        compare(tally, case, group, leaked, release)
        for pattern in case.patterns:
            if any(fits([pattern], words, release) for words in group.members.values()):
                seen.add(pattern)
    for number in sorted(set(leaked) - told):
        words = leaked[number].split("(0x")[0]
        tally.missing.append(f"{case.name}: {words} is leaked, and not proved")


def run_case(tally, case, executable, release, options):
    seen = set()
    tally.cases += 1
    tally.expected += len(case.patterns)
    for attempt in range(options.runs):
        try:
            with suite.Run(executable, case) as run:
                take_run(tally, case, suite.judge(options.dowse, run), release, seen)
        except suite.SuiteError as error:
            tally.broken.append(f"{case.name}: {error}")
        if len(seen) == len(case.patterns) and attempt + 1 >= options.at_least:
            break
    tally.found += len(seen)
    if not case.flaky:
        tally.missing += [f"{case.name}: {p} was never proved" for p in case.patterns
                          if p not in seen]


def run_folder(release, folder, options):
    tally = Tally()
    try:
        executable = suite.program(release, folder)
    except build.Unbuildable as reason:
        print(f"{release:5} {folder or 'plain':6} not built: {reason}", flush=True)
        return None
    for case in suite.cases():
        if case.folder == folder and (not options.only or re.search(options.only, case.name)):
            run_case(tally, case, executable, release, options)
    print(f"{release:5} {folder or 'plain':6} {tally.line()}", flush=True)
    told = sorted(set(tally.wrong)) + sorted(set(tally.broken)) + sorted(set(tally.missing))
    for line in told[:LINES_MAX]:
        print(f"      {line}", flush=True)
    if len(told) > LINES_MAX:
        print(f"      and {len(told) - LINES_MAX} lines more", flush=True)
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dowse", default=os.environ.get("DOWSE", "build/dowse"))
    parser.add_argument("--releases", default="1.27,1.26,1.22")
    parser.add_argument("--folders", default="plain,goker")
    parser.add_argument("--runs", type=int, default=3, help="of a case at most (3)")
    parser.add_argument("--at-least", type=int, default=1, help="runs of a case (1)")
    parser.add_argument("--only", help="cases whose name fits")
    options = parser.parse_args()
    passed = failed = 0
    for release in options.releases.split(","):
        for folder in options.folders.split(","):
            tally = run_folder(release, "" if folder == "plain" else folder, options)
            if not tally:
                continue
            bad = tally.wrong or tally.missing or tally.broken or not tally.proved
            passed += not bad
            failed += bool(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
