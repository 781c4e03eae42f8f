#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Judge `dowse goroutines` by the runtime's own dumps.

    judge.py --dowse build/dowse -- PROGRAM [ARGUMENT...]     a program of test/programs
    judge.py --dowse build/dowse --url URL -- SERVER ...      one that serves debug=2 at URL
    judge.py --dowse build/dowse --url URL --pid PID          one that runs already

The process is asked for its dump, looked at with dowse, and asked again. What stood still
between the dumps must be told as the runtime told it. Status 1: below the threshold.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request

import compare
import dump
import program


class DowseError(Exception):
    """dowse failed, or printed something that cannot be read."""


def run_dowse(dowse, pid, form, timeout):
    command = dowse + ["goroutines", str(pid), "--all", "--format", form]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                timeout=timeout)
    except subprocess.TimeoutExpired:
        raise DowseError(f"--format {form}: no answer within {timeout} s")
    except OSError as error:
        raise DowseError(f"cannot run {command[0]}: {error}")
    if answer.returncode != 0:
        words = answer.stderr.decode("utf-8", "replace").strip()
        raise DowseError(f"--format {form}: status {answer.returncode}: {words}")
    return answer.stdout.decode("utf-8", "surrogateescape")


def ask_dowse(dowse, pid, form, timeout):
    """
    dowse gives up, rather than hold a process for long, when its threads cannot be stopped in
    time. That is an answer, which an overloaded machine gives now and then: ask again, say so.
    """
    for patience in (1, 3, None):
        try:
            return run_dowse(dowse, pid, form, timeout)
        except DowseError as error:
            if patience is None or "did not stop within" not in str(error):
                raise
            print(f"judge: {error}; asked again", file=sys.stderr)
            time.sleep(patience)
    raise AssertionError


def look(dump_now, dowse, pid, timeout):
    """One look: a dump, dowse twice, a dump."""
    before = dump.parse(dump_now())
    document = ask_dowse(dowse, pid, "json", timeout)
    text = ask_dowse(dowse, pid, "go", timeout)
    after = dump.parse(dump_now())
    try:
        result = compare.compare_json(before, after, json.loads(document), pid)
    except ValueError as error:
        raise DowseError(f"--format json: {error}")
    try:
        compare.compare_text(result, before, after, text)
    except dump.DumpError as error:
        result.general.append(("text unreadable", str(error)))
    return result


def judge(dump_now, dowse, pid, tries=5, quiet=False, timeout=60):
    """Look as often as it takes for nothing to be left in doubt, `tries` times at most."""
    looks = []
    for _ in range(tries):
        looks.append(look(dump_now, dowse, pid, timeout))
        last = looks[-1]
        if not (last.problems or last.text_problems or last.unknown or last.lost
                or last.general):
            break
    return compare.settle(looks, quiet)


def summary(verdict):
    return (f"{verdict.per_mille():7.2f} ‰ of {verdict.still} still goroutines "
            f"({len(verdict.wrong)} wrong, {verdict.at_first} at first look, "
            f"{len(verdict.extra)} extra, {len(verdict.lost)} lost, {verdict.moved + verdict.came_back} moved), "
            f"text {verdict.text_per_mille():7.2f} ‰ ({len(verdict.text_wrong)} wrong)")


def print_differences(verdict, examples, output):
    for kind, example in verdict.general:
        print(f"  answer: {kind}: {example}", file=output)
    for title, classes in (("json", verdict.differences), ("text", verdict.text_differences)):
        for kind, found in sorted(classes.items(), key=lambda item: -len(item[1])):
            print(f"  {title}: {kind}: {len(found)}", file=output)
            for example in found[:examples]:
                print(f"      {example}", file=output)


def passes(verdict, arguments):
    return (verdict.still >= arguments.at_least and not verdict.general
            and verdict.per_mille() >= arguments.threshold
            and verdict.text_per_mille() >= arguments.text_threshold)


def add_options(parser):
    parser.add_argument("--dowse", default=os.environ.get("DOWSE", "build/dowse"),
                        help="the program to judge ($DOWSE, build/dowse)")
    parser.add_argument("--threshold", type=float, default=999.0,
                        help="lowest agreement of the JSON, per mille (999)")
    parser.add_argument("--text-threshold", type=float, default=999.0,
                        help="lowest agreement of --format go, per mille (999)")
    parser.add_argument("--at-least", type=int, default=1,
                        help="fewer still goroutines than this prove nothing: fail (1)")
    parser.add_argument("--tries", type=int, default=5, help="looks at one process (5)")
    parser.add_argument("--examples", type=int, default=1, help="examples of each difference (1)")
    parser.add_argument("--timeout", type=int, default=60, help="seconds for any one answer (60)")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--url", help="address of the dump, with debug=2")
    parser.add_argument("--pid", type=int, help="judge a process that runs already")
    parser.add_argument("--quiet", action="store_true",
                        help="nothing starts or ends in the program: any unknown id is wrong")
    parser.add_argument("--age", type=float, default=0, help="seconds to wait before the first look")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    dowse = [arguments.dowse]
    options = {"tries": arguments.tries, "quiet": arguments.quiet, "timeout": arguments.timeout}
    try:
        if arguments.pid:
            if not arguments.url:
                parser.error("--pid needs --url")
            verdict = judge(lambda: fetch(arguments.url, arguments.timeout), dowse, arguments.pid,
                            **options)
        else:
            if not arguments.command:
                parser.error("name a program, or --pid")
            start = (lambda: program.Served(arguments.command, arguments.url)) if arguments.url \
                else (lambda: program.Controlled(arguments.command))
            with start() as subject:
                time.sleep(arguments.age)
                verdict = judge(subject.dump, dowse, subject.pid, **options)
    except (DowseError, dump.DumpError, program.ProgramError, OSError) as error:
        print(f"judge: {error}", file=sys.stderr)
        return 1
    print(summary(verdict))
    print_differences(verdict, arguments.examples, sys.stdout)
    return 0 if passes(verdict, arguments) else 1


def fetch(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    sys.exit(main())
