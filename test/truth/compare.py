# SPDX-License-Identifier: Apache-2.0
"""Compare what dowse says with what the runtime said before and after it."""

from collections import defaultdict
from dataclasses import dataclass, field

import dump

# States in which a goroutine can move at any moment: its place says nothing about another moment.
MOVING = {"running", "runnable", "preempted", "copystack", "idle"}


@dataclass
class Look:
    """One look: two dumps of the runtime, and what dowse said in between."""
    still: dict  # id → its text, of those that stood still
    moved: int
    problems: dict = field(default_factory=dict)  # id → [(class, example)], of JSON
    text_problems: dict = field(default_factory=dict)  # the same, of the text
    unknown: dict = field(default_factory=dict)  # ids in neither dump → example
    alive: dict = field(default_factory=dict)  # the ids of those that moved, in both dumps
    lost: dict = field(default_factory=dict)  # of these: not told, or with a wrong creator
    ended: dict = field(default_factory=dict)  # in the first dump alone
    general: list = field(default_factory=list)  # what is wrong with an answer as a whole


def still_goroutines(before, after):
    """Those that stood still: in both dumps with the same text, in a state that waits."""
    still = {}
    for number, first in before.items():
        second = after.get(number)
        if second and first.state not in MOVING and first.still_text() == second.still_text():
            still[number] = (first, second)
    return still


def state_differs(first, said):
    """dowse may say the state with the notes of the dump, or leave them out."""
    words = first.state
    accepted = {words}
    for note in reversed(first.notes):
        words += note
        accepted.add(words)
    accepted.add(first.state + "".join(first.notes))
    return said not in accepted


def place(frame):
    if not isinstance(frame, dict):
        return None
    return (frame.get("function"), frame.get("file"), frame.get("line"))


def frame_differences(first, stack):
    """Classes of difference between the dump's frames and dowse's."""
    expected = [frame.place() for frame in first.frames]
    found = [place(frame) for frame in stack]
    if expected == found:
        return
    if len(expected) != len(found):
        missing = [frame for frame in expected if frame not in found]
        extra = [frame for frame in found if frame not in expected]
        kind = "frames missing" if missing else "frames extra" if extra else "frames repeated"
        yield (kind, f"dump has {len(expected)}, dowse {len(found)}; "
                     f"only in the dump: {missing[:3]}; only in dowse: {extra[:3]}")
        return
    for position, (want, have) in enumerate(zip(expected, found)):
        if want == have:
            continue
        for index, what in enumerate(("function", "file", "line")):
            if have is None or want[index] != have[index]:
                yield (f"frame's {what}", f"frame {position}: dump {want}, dowse {have}")
        return


def minutes_differ(first, second, wait_s):
    """The time must lie between the two dumps' minutes, in which only time has passed."""
    if " (leaked)" in first.notes:
        return False  # of these the runtime never prints the time
    if wait_s is None:
        return first.minutes >= 1
    return not first.minutes <= int(wait_s // 60) <= second.minutes


def creator_place(goroutine):
    return goroutine.creator.place() if goroutine.creator else None


def object_differences(first, second, said, numbered):
    """
    Classes of difference between a still goroutine and dowse's JSON object for it. `numbered`:
    this release says how many frames it leaves out. Up to 1.20 it does not, and mostly does not
    even say that it does.
    """
    if state_differs(first, said.get("state")):
        yield ("state", f"dump [{first.state}{''.join(first.notes)}], dowse [{said.get('state')}]")
    if minutes_differ(first, second, said.get("wait_s")):
        yield ("minutes", f"dump {first.minutes} to {second.minutes} min, dowse {said.get('wait_s')} s")
    for key in ("locked", "locked_to_thread"):
        if key in said and bool(said[key]) != first.locked:
            yield ("locked to thread", f"dump {first.locked}, dowse {said[key]}")
    stack = said.get("stack")
    if not isinstance(stack, list):
        yield ("stack missing", f"dowse says {stack!r}")
        stack = []
    else:
        yield from frame_differences(first, stack)
    if numbered and "elided" in said and (said["elided"] or 0) != first.elided:
        yield ("elided frames", f"dump {first.elided}, dowse {said['elided']}")
    creator = said.get("created_by")
    want = creator_place(first)
    if want != place(creator):
        yield ("creator", f"dump {want}, dowse {place(creator)}")
    elif first.creator and creator.get("goroutine") != first.creator_id:
        yield ("creator's goroutine",
               f"dump {first.creator_id}, dowse {creator.get('goroutine')}")


def json_goroutines(document, pid):
    """dowse's goroutines by id; what is wrong with the document as a whole, as classes."""
    wrong = []
    target = document.get("target") or {}
    if target.get("pid") != pid:
        wrong.append(("wrong pid", f"asked for {pid}, dowse says {target.get('pid')}"))
    goroutines = {}
    for said in document.get("goroutines") or []:
        number = said.get("id")
        if number in goroutines:
            wrong.append(("twice", f"goroutine {number} stands there twice"))
        goroutines[number] = said
    return goroutines, wrong


def compare_json(before, after, document, pid):
    """Judge the JSON that dowse printed between the two dumps."""
    said, general = json_goroutines(document, pid)
    still = still_goroutines(before, after)
    look = Look(still={number: pair[0].still_text() for number, pair in still.items()},
                moved=len(set(before) | set(after)) - len(still), general=general)
    # Both came with 1.21: the creator's goroutine, and the number of frames left out.
    numbered = any(one.creator_id for one in before.values())
    for number, (first, second) in still.items():
        problems = [("missing", f"[{first.state}] is not in dowse's answer")]
        if number in said:
            problems = list(object_differences(first, second, said[number], numbered))
        if problems:
            look.problems[number] = problems
    for number, first in before.items():
        if number not in after:
            look.ended[number] = f"ended in between, a look must not do that:\n{first.text}"
        elif number not in still:
            look.alive[number] = first.state
            if number not in said:
                look.lost[number] = f"[{first.state}] moved, and is not in dowse's answer"
            elif creator_place(first) != place(said[number].get("created_by")):
                look.lost[number] = (f"[{first.state}] moved: creator in the dump "
                                     f"{creator_place(first)}, dowse {said[number]['created_by']}")
    for number in said:
        if number not in before and number not in after:
            look.unknown[number] = f"[{said[number].get('state')}] is in neither dump"
    return look


def text_kind(want, have):
    """What differs between two blocks of the same goroutine, line by line."""
    wanted, had = want.split("\n"), have.split("\n")
    if len(wanted) != len(had):
        return "number of lines", f"dump {len(wanted)} lines, dowse {len(had)}"
    for left, right in zip(wanted, had):
        if left == right:
            continue
        if left.startswith("goroutine "):
            return "header", f"dump {left!r}, dowse {right!r}"
        if left.startswith("created by "):
            return "created by", f"dump {left!r}, dowse {right!r}"
        if left.startswith("\t"):
            kind = "offset" if left.split(" +0x")[0] == right.split(" +0x")[0] else "place"
            return kind, f"dump {left!r}, dowse {right!r}"
        if left.split("(")[0] == right.split("(")[0]:
            return "arguments", f"dump {left!r}, dowse {right!r}"
        return "function", f"dump {left!r}, dowse {right!r}"
    return "same", ""


def compare_text(look, before, after, text):
    """Judge the text of --format go, byte for byte, minutes within the two dumps'."""
    said = dump.parse(text)
    if text != "\n".join(block.text for block in said.values()):
        look.general.append(("layout", "blocks are not one empty line apart, or the end differs"))
    still = still_goroutines(before, after)
    for number, (first, second) in still.items():
        have = said.get(number)
        if have is None:
            problem = ("missing", f"[{first.state}] is not in the text")
        elif have.still_text() != first.still_text():
            problem = text_kind(first.still_text(), have.still_text())
        elif not first.minutes <= have.minutes <= second.minutes:
            problem = ("minutes", f"dump {first.minutes} to {second.minutes}, dowse {have.minutes}")
        else:
            continue
        look.text_problems[number] = [problem]
    for number in said:
        if number not in before and number not in after:
            look.unknown.setdefault(number, "is in the text, and in neither dump")
    order = [number for number in said if number in still]
    if [number for number in before if number in still and number in said] != order:
        look.general.append(("order", "the text is not in the order of the runtime's dump"))


@dataclass
class Verdict:
    """What several looks at one process say together."""
    still: int = 0  # goroutines that stood still in some look
    moved: int = 0
    wrong: set = field(default_factory=set)
    text_wrong: set = field(default_factory=set)
    at_first: int = 0  # wrong in the first look
    came_back: int = 0  # doubted, and seen to move
    extra: set = field(default_factory=set)
    lost: set = field(default_factory=set)  # that moved, lived all the time and were not told
    differences: dict = field(default_factory=lambda: defaultdict(list))
    text_differences: dict = field(default_factory=lambda: defaultdict(list))
    general: list = field(default_factory=list)

    def per_mille(self):
        total = self.still + len(self.extra)
        if self.general or not total:
            return 0.0
        return 1000.0 * max(0, total - len(self.wrong) - len(self.extra) - len(self.lost)) / total

    def text_per_mille(self):
        return 1000.0 * (self.still - len(self.text_wrong)) / self.still if self.still else 0.0


def settle(looks, quiet):
    """
    Judge several looks together. A goroutine of a busy program can leave its place between two
    dumps and come back, and only its dead stack slots tell, if anything. So in a busy program one
    that was found wrong is judged only if it stood still, with the same text, in all looks; and it
    is wrong only if every look found it so. How many the first look alone found is told as well.

    In a quiet program nothing may end, as a system call would that a stop has broken off, and
    nothing may appear that neither dump has; in a busy one only what two looks
    have is an error, since the dump between them says that it had ended.
    """
    verdict = Verdict(moved=looks[0].moved, at_first=len(looks[0].problems))
    seen = defaultdict(list)
    unknown = defaultdict(int)
    for look in looks:
        verdict.general += look.general
        for number in look.still:
            seen[number].append(look)
        for number in look.unknown:
            unknown[number] += 1
    for number, where in seen.items():
        stayed = len(where) == len(looks) and len({look.still[number] for look in where}) == 1
        doubted = any(number in look.problems or number in look.text_problems for look in where)
        if doubted and not stayed and not quiet:
            verdict.came_back += 1
            continue
        verdict.still += 1
        for problems, wrong, differences in (
                ("problems", verdict.wrong, verdict.differences),
                ("text_problems", verdict.text_wrong, verdict.text_differences)):
            if all(number in getattr(look, problems) for look in where):
                wrong.add(number)
                for kind, example in getattr(where[0], problems)[number]:
                    differences[kind].append(f"goroutine {number} {example}")
    for number in {number for look in looks for number in look.alive}:
        lost = [look.lost.get(number) for look in looks if number in look.alive]
        if all(lost):
            verdict.lost.add(number)
            verdict.differences["lost"].append(f"goroutine {number} {lost[0]}")
    for number, example in ((n, e) for look in looks for n, e in look.ended.items()):
        if quiet:
            verdict.lost.add(number)
            verdict.differences["ended"].append(f"goroutine {number} {example}")
    for number, times in unknown.items():
        if times > 1 or quiet:
            verdict.extra.add(number)
            examples = [look.unknown[number] for look in looks if number in look.unknown]
            verdict.differences["extra"].append(f"goroutine {number} {examples[0]}")
    return verdict
