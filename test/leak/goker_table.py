#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Which of the GoKer programs in the runtime's own suite dowse reports, run until stuck: a table by
program, of those that the runtime's test does not expect anything of, too. By hand: some minutes a
release.

    test/leak/goker_table.py --dowse build/dowse --releases 1.22,1.26,1.27 > table.md

Found is a program in which a goroutine that waits for ever has a finding, proved or likely, at its own
function; where the runtime's test names functions, each of these. Some do not get stuck in each run.
"""

import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runtime_suite as suite  # noqa: E402

LEVELS = ["suspect", "likely", "proved"]


def look(dowse, run):
    """What is stuck, and the certainty of the best finding of each."""
    pid = str(run.process.pid)
    run.settle()
    findings = suite.ask([dowse, pid, "--format", "json", "--fail-on", "never",
                          "--min-certainty", "suspect"])["findings"]
    everyone = suite.ask([dowse, "goroutines", pid, "--all", "--format", "json"])["goroutines"]
    stuck = {}
    for goroutine in everyone:
        if goroutine["id"] == 1 or goroutine["system"] or \
                not goroutine["state"].startswith(suite.STUCK):
            continue
        levels = [LEVELS.index(f["certainty"]) for f in findings
                  if f["state"] and suite.belongs(f, goroutine)]
        stuck.setdefault(suite.described(goroutine), []).append(max(levels, default=-1))
    return stuck


def fits(pattern, words, release):
    return re.search(suite.reason_alike(pattern, release), words)


def judge(case, stuck, release):
    """(word, what was found where, what was not)"""
    good = {words for words, levels in stuck.items() if max(levels) >= 1}
    missing = [p for p in case.patterns if not any(fits(p, words, release) for words in good)]
    if not stuck:
        return "not stuck", "", missing
    # The functions that the runtime's test names are in all runs, or in one of several.
    right = [w for w in good if not case.patterns or any(fits(p, w, release)
                                                         for p in case.patterns)]
    if not right:
        return "missed", ", ".join(sorted(stuck)), missing
    level = LEVELS[max(max(stuck[w]) for w in right)]
    return level, ", ".join(sorted(right)), missing


def run_case(options, executable, case, release):
    seen, best = set(), ("not stuck", "", case.patterns)
    order = ["not stuck", "missed", "likely", "proved"]
    for _ in range(options.runs):
        try:
            with suite.Run(executable, case) as run:
                answer = judge(case, look(options.dowse, run), release)
        except (suite.SuiteError, subprocess.TimeoutExpired) as error:
            answer = ("not stuck", str(error), case.patterns)
        seen |= set(case.patterns) - set(answer[2])
        if order.index(answer[0]) >= order.index(best[0]):
            best = answer
        if len(seen) == len(case.patterns) and best[0] in ("likely", "proved"):
            break
    return best[0], best[1], [p for p in case.patterns if p not in seen]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dowse", default=os.environ.get("DOWSE", "build/dowse"))
    parser.add_argument("--releases", default="1.22,1.26,1.27")
    parser.add_argument("--runs", type=int, default=12, help="of a program at most (12)")
    parser.add_argument("--only", default="", help="programs whose name has this")
    options = parser.parse_args()
    known = {case.name: case for case in suite.cases() if case.folder == "goker"}
    names = [n for n in suite.all_registered("goker") if options.only in n]
    failed = 0
    for release in options.releases.split(","):
        executable = suite.program(release, "goker")
        count = {}
        print(f"\n## Go {release}\n\n| program | answer | at | never found |\n|---|---|---|---|",
              flush=True)
        for name in sorted(set(names)):
            case = known.get(name) or suite.Case(name, "goker", True, [])
            word, places, missing = run_case(options, executable, case, release)
            note = "" if name in known else " (not in the runtime's test)"
            print(f"| {name}{note} | {word} | {places} | {', '.join(missing)} |", flush=True)
            count[word] = count.get(word, 0) + 1
        failed += count.get("missed", 0)
        print(f"\n{len(set(names))} programs: " +
              ", ".join(f"{n} {word}" for word, n in sorted(count.items())), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
