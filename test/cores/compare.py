# SPDX-License-Identifier: Apache-2.0
"""Compare what dowse says of a core with what it said of the process at the same moment."""

# Whole seconds are told, and the present of a core is known to a second.
WAIT_TOLERANCE_S = 1
# What sleeps is told in milliseconds from the same present.
WAKE_TOLERANCE_MS = 1000

# A descriptor's other end: only a process that lives can be asked, so a core says null.
ASKED_OF_THE_KERNEL = {"descriptor", "io"}


def wait_differences(live, core, elapsed):
    if live is None or core is None:
        if live is not core:
            yield f"waiting_for: live {live}, core {core}"
        return
    for key in sorted(set(live) | set(core)):
        have, said = live.get(key, "absent"), core.get(key, "absent")
        if key == "wakes_in_ms" and isinstance(have, int) and isinstance(said, int):
            if not -WAKE_TOLERANCE_MS <= have - said <= WAKE_TOLERANCE_MS + 1000 * elapsed:
                yield f"wakes_in_ms: live {have}, core {said}"
        elif have != said and not (said is None and live["kind"] in ASKED_OF_THE_KERNEL):
            yield f"waiting_for.{key}: live {have}, core {said}"


def wait_s_differs(one, other, elapsed):
    if one is None or other is None:
        return one is not other
    return not -WAIT_TOLERANCE_S <= other - one <= WAIT_TOLERANCE_S + elapsed


def goroutine_differences(live, core, elapsed):
    for key, value in live.items():
        said = core.get(key, "absent")
        if key == "wait_s":
            if wait_s_differs(value, said, elapsed):
                yield f"wait_s: live {value}, core {said}"
        elif key == "waiting_for":
            yield from wait_differences(value, said, elapsed)
        elif value != said:
            yield f"{key}: live {value}, core {said}"


def differences(live, core, crashed=False, elapsed=0):
    """
    Lines, one for each thing that differs between two answers of --all --system. To write a core
    itself, the kernel needs the process to run and die by a signal: then the runtime's own
    goroutines may have moved, and a thread of C may have been given a goroutine to take it on.
    `elapsed` seconds went by between the two, in which those who wait waited on.
    """
    before = {one["id"]: one for one in live["goroutines"]}
    after = {one["id"]: one for one in core["goroutines"]}
    moved = {number for number, one in before.items() if crashed and one["system"]}
    new = set(after) - set(before) if crashed else set()
    if len(new) > 1:
        yield f"new goroutines: {sorted(new)}"
    for key in ("torn", "complete", "unreadable"):
        if live[key] != core[key]:
            yield f"{key}: live {live[key]}, core {core[key]}"
    for number in sorted(set(before) ^ (set(after) - new)):
        yield f"goroutine {number} is in one of them alone"
    for number in sorted(set(before) & set(after) - moved):
        for line in goroutine_differences(before[number], after[number], elapsed):
            yield f"goroutine {number} ({before[number]['state']}): {line}"
