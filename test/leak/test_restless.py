#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Look at programs that never rest, again and again: nothing in them waits for good, so that nothing may
be called proved. Each of the restless must get on meanwhile, or the program proves nothing itself.

    test_restless.py --dowse build/dowse --looks 1000 --releases 1.19,1.22,1.26
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "truth"))

import build  # noqa: E402
import program  # noqa: E402


class Tally:
    def __init__(self):
        self.looks = self.false = self.failed = 0
        self.words = []


def look(dowse, pid, tally):
    answer = subprocess.run([dowse, str(pid), "--format", "json", "--min-certainty", "proved",
                             "--fail-on", "never"], capture_output=True, text=True, timeout=120)
    if answer.returncode != 0:
        tally.failed += 1
        tally.words.append(answer.stderr.strip())
        return
    tally.looks += 1
    for finding in json.loads(answer.stdout)["findings"]:
        tally.false += 1
        tally.words.append(f"{finding['code']} {finding['title']}: {finding['function']} "
                           f"line {finding['line']}")


def run(release, options):
    tally = Tally()
    command = build.build(release, "plain", "restless", 900)
    # More processors than there are let threads be caught anywhere.
    with program.Controlled(command, environment={"GOMAXPROCS": "4"}, timeout=120) as subject:
        time.sleep(0.3)
        before = json.loads(subject.ask("counts"))
        began = time.monotonic()
        for _ in range(options.looks):
            look(options.dowse, subject.pid, tally)
            if time.monotonic() - began > options.seconds:
                break
        time.sleep(1)
        after = json.loads(subject.ask("counts"))
    stuck = [name for name in after if after[name] <= before[name]]
    print(f"{release:5} {tally.looks} looks in {time.monotonic() - began:.0f} s: {tally.false} false "
          f"proofs, {tally.failed} failed; {sum(after.values()) - sum(before.values())} rounds",
          flush=True)
    for words in sorted(set(tally.words))[:10]:
        print(f"      {words}")
    if stuck:
        print(f"      stuck: {', '.join(stuck)}")
    # A look may be refused now and then: the process is short of memory, or a thread is just born.
    return not tally.false and not stuck and tally.looks > 9 * tally.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dowse", default=os.environ.get("DOWSE", "build/dowse"))
    parser.add_argument("--releases", default="1.19,1.22,1.24,1.26,1.27")
    parser.add_argument("--looks", type=int, default=40, help="at each release (40)")
    parser.add_argument("--seconds", type=int, default=3600, help="for each at most (3600)")
    options = parser.parse_args()
    results = [run(release, options) for release in options.releases.split(",")]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
