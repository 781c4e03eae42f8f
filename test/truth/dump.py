# SPDX-License-Identifier: Apache-2.0
"""Read the runtime's own text of all goroutines (debug=2) into blocks."""

import re
from dataclasses import dataclass, field

HEADER = re.compile(
    r"^goroutine (?P<id>\d+)(?P<pointers>(?: gp=\S+)?(?: m=\S+)?(?: mp=\S+)?)"
    r" \[(?P<inside>.*?)\](?P<labels> \{.*\})?:$")
MINUTES = re.compile(r", (\d+) minutes")
ELIDED = re.compile(r"^\.\.\.(?:(\d+) frames|additional frames) elided\.\.\.$")
CREATOR = re.compile(r"^created by (?P<function>.*?)(?: in goroutine (?P<goroutine>\d+))?$")
PLACE = re.compile(r"^\t(?P<file>.*):(?P<line>\d+)(?P<offset> \+0x[0-9a-f]+)?(?: fp=.*)?$")


class DumpError(Exception):
    """The text is not what the runtime prints."""


@dataclass
class Frame:
    function: str
    arguments: str
    file: str
    line: int
    offset: str  # " +0x1d", empty for inlined frames

    def place(self):
        return (self.function, self.file, self.line)


@dataclass
class Goroutine:
    id: int
    text: str  # the whole block, its last line ended
    state: str  # words only: "chan receive (nil chan)"
    notes: tuple = ()  # of " (durable)", " (leaked)", " (scan)", those present
    minutes: int = 0
    locked: bool = False
    bubble: str = ""
    labels: str = ""
    frames: list = field(default_factory=list)
    elided: int = 0  # -1: elided, the number is not said
    elided_after: int = 0
    creator: Frame = None
    creator_id: int = None

    def still_text(self):
        """The text without what time alone changes."""
        head, _, rest = self.text.partition("\n")
        return MINUTES.sub("", head, count=1) + "\n" + rest


def split_function(line):
    """'main.f(0x1, {0x2})' is a name and its arguments; the name may hold brackets of its own."""
    depth = 0
    for position in range(len(line) - 1, -1, -1):
        if line[position] == ")":
            depth += 1
        elif line[position] == "(":
            depth -= 1
            if depth == 0:
                return line[:position], line[position:]
    raise DumpError(f"no call: {line!r}")


def parse_inside(goroutine, inside):
    """What stands in the header's bracket, from its end to its beginning."""
    match = re.search(r" labels:(\{.*\})$", inside)
    if match:
        goroutine.labels, inside = match.group(1), inside[:match.start()]
    match = re.search(r", (synctest (?:bubble|group) \d+)$", inside)
    if match:
        goroutine.bubble, inside = match.group(1), inside[:match.start()]
    if inside.endswith(", locked to thread"):
        goroutine.locked, inside = True, inside[:-len(", locked to thread")]
    match = re.search(r", (\d+) minutes$", inside)
    if match:
        goroutine.minutes, inside = int(match.group(1)), inside[:match.start()]
    notes = []
    for note in (" (durable)", " (scan)", " (leaked)"):
        if inside.endswith(note):
            notes.append(note)
            inside = inside[:-len(note)]
    goroutine.notes = tuple(notes)
    goroutine.state = inside


def parse_block(text):
    lines = text.rstrip("\n").split("\n")
    match = HEADER.match(lines[0])
    if not match:
        raise DumpError(f"not a goroutine's header: {lines[0]!r}")
    goroutine = Goroutine(id=int(match.group("id")), text=text.rstrip("\n") + "\n", state="")
    parse_inside(goroutine, match.group("inside"))
    if match.group("labels"):
        goroutine.labels = match.group("labels").strip()
    position = 1
    while position < len(lines):
        line = lines[position]
        elided = ELIDED.match(line)
        if elided:
            goroutine.elided = int(elided.group(1)) if elided.group(1) else -1
            goroutine.elided_after = len(goroutine.frames)
            position += 1
            continue
        if line.startswith("\tgoroutine running on other thread"):
            position += 1
            continue
        if position + 1 >= len(lines):
            raise DumpError(f"goroutine {goroutine.id}: a frame without its place: {line!r}")
        place = PLACE.match(lines[position + 1])
        if not place:
            raise DumpError(f"goroutine {goroutine.id}: not a place: {lines[position + 1]!r}")
        creator = CREATOR.match(line)
        if creator:
            goroutine.creator = Frame(creator.group("function"), "", place.group("file"),
                                      int(place.group("line")), place.group("offset") or "")
            if creator.group("goroutine"):
                goroutine.creator_id = int(creator.group("goroutine"))
        else:
            function, arguments = split_function(line)
            goroutine.frames.append(Frame(function, arguments, place.group("file"),
                                          int(place.group("line")), place.group("offset") or ""))
        position += 2
    return goroutine


def parse(text):
    """The goroutines of a dump in its order, by id. An unreadable block is an error."""
    goroutines = {}
    for block in text.strip("\n").split("\n\n"):
        block = block.strip("\n")
        if not block:
            continue
        goroutine = parse_block(block)
        if goroutine.id in goroutines:
            raise DumpError(f"goroutine {goroutine.id} stands there twice")
        goroutines[goroutine.id] = goroutine
    return goroutines
