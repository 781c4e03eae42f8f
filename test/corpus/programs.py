# SPDX-License-Identifier: Apache-2.0
"""The programs of the corpus: what they are, what their markers say, and how they are built."""

import fcntl
import json
import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402

# A line that dowse is to name: codes that it may have, and what else is known of the leak.
LEAK = re.compile(r"//\s*LEAK\s+(\S+)((?:\s+\w+=\S+)*)\s*$")
# A line that may be named instead, where the allocation was not sampled.
HOLDER = re.compile(r"//\s*HOLDER\s+(\S+)\s*$")
# Of the whole program: `// corpus: releases=1.19-1.22 also=L31 language=own alone=yes`.
DIRECTIVE = re.compile(r"^//\s*corpus:((?:\s+[\w]+=\S+)+)", re.M)
FUNCTION = re.compile(r"^func (?:\((?:\w+ )?(\*?)(\w+)(?:\[[^\]]*\])?\) )?(\w+)")
# What a compiler may put behind a function's name, for literals and wrappers in it.
INSIDE = r"(?:\.func\d+|\.gowrap\d+|\.deferwrap\d+|\.\d+|-range\d+|-fm|\[\.\.\.\])*"

# These rows need two looks to be more than a suspicion.
TWO_LOOKS = set("L8 L9 L17 L26 L27 L29".split())

EXPECT_KEYS = {"count", "bytes", "certainty", "atmost", "over", "holder", "place", "accused"}
DIRECTIVES = {"over", "releases", "also", "language", "alone", "hints", "ways"}


class MarkerError(Exception):
    """A program says something that nobody understands."""


def words_of(text):
    return dict(word.split("=", 1) for word in text.split())


def number_of(text, told):
    """500, 200*65536, 1<<20 or @name, which the program told."""
    if text.startswith("@"):
        if text[1:] not in told:
            raise MarkerError(f"the program told no {text[1:]}")
        return told[text[1:]]
    if not re.fullmatch(r"[\d+*<()]*[\d)]", text):
        raise MarkerError(f"no number: {text}")
    return eval(text, {"__builtins__": {}})  # digits and operators alone


class Place:
    """A line, and the function that it is in."""

    def __init__(self, function, line):
        self.function = function
        self.line = line

    def matches(self, function, file, line):
        if line != self.line or os.path.basename(file or "") != "main.go":
            return False
        # Before Go 1.21 a literal that was inlined is named after where it came to lie alone.
        return self.is_function(function) or bool(
            re.match(r"main\.[\w().*]+\.func\d+$", function or ""))

    def is_function(self, function):
        """A literal that was inlined is named after where it came to lie, too."""
        if self.function is None:
            return True
        name = re.escape(self.function)
        # A generic type's method, whatever the type is of: main.(*hub[...]).join.
        plain = re.sub(r"\[\.\.\.\](?=\)?\.)", "", function or "")
        return bool(re.match(rf"main\.(?:.+\.)?{name}{INSIDE}$", plain))


class Expectation:
    """One finding that is to come."""

    def __init__(self, codes, words, place):
        unknown = set(words) - EXPECT_KEYS
        if unknown:
            raise MarkerError(f"unknown: {', '.join(unknown)}")
        self.codes = codes.split("|")
        self.places = [place]
        self.holders = []
        self.count = words.get("count")
        self.bytes = words.get("bytes")
        self.certainty = words.get("certainty", "likely")
        self.at_most = words.get("atmost", "proved")
        self.over = words.get("over")
        self.holder = words.get("holder")
        self.anywhere = words.get("place") == "any"
        self.accused = words.get("accused") != "nobody"


def enclosing(lines, index):
    """The function that a line is in, as pclntab writes it without its package; None outside."""
    if lines[index].startswith(("var ", "\t//", "type ", "}", ")")):
        return None
    for line in reversed(lines[:index + 1]):
        match = FUNCTION.match(line)
        if match:
            pointer, receiver, name = match.groups()
            if not receiver:
                return name
            return f"({pointer}{receiver}).{name}" if pointer else f"{receiver}.{name}"
        if line.startswith(("}", ")")) and line is not lines[index]:
            return None
    return None


class Program:
    """One main.go of the corpus."""

    def __init__(self, path):
        self.path = path
        folder = path.parent.parent.name
        self.kind = "trap" if folder == "traps" else path.parent.name.split("-")[0]
        self.name = f"{folder}/{path.parent.name}"
        self.flat = self.name.replace("/", "--")
        self.row = None if self.kind == "trap" else "L" + str(int(folder.split("-")[0][1:]))
        text = path.read_text()
        self.directives = {}
        for match in DIRECTIVE.finditer(text):
            self.directives.update(words_of(match.group(1)))
        unknown = set(self.directives) - DIRECTIVES
        if unknown:
            raise MarkerError(f"{self.name}: unknown: {', '.join(unknown)}")
        self.also = [c for c in self.directives.get("also", "").split(",") if c]
        self.alone = self.directives.get("alone") == "yes"
        self.own_language = self.directives.get("language") == "own"
        self.since, self.until = self.releases(text)
        self.expectations = self.read_markers(text.splitlines())
        if (self.kind == "leaky") != bool(self.expectations):
            raise MarkerError(f"{self.name}: a leaky program has markers, no other has")

    def releases(self, text):
        since, until = "1.19", "1.99"
        constraint = re.search(r"^//go:build go(1\.\d+)$", text, re.M)
        if constraint:
            since = constraint.group(1)
        if "releases" in self.directives:
            first, _, last = self.directives["releases"].partition("-")
            since = max(since, first, key=build.number) if first else since
            until = last or until
        return since, until

    def ways(self, asked):
        """Some things can be known of a living process alone."""
        known = self.directives.get("ways")
        return [way for way in asked if not known or way in known.split(",")]

    def exists_in(self, release):
        return build.number(self.since) <= build.number(release) <= build.number(self.until)

    def read_markers(self, lines):
        found = []
        holders = {}
        for index, line in enumerate(lines):
            match = LEAK.search(line)
            place = Place(enclosing(lines, index), index + 1)
            if match:
                codes, words = match.group(1), words_of(match.group(2))
                same = [e for e in found if e.codes == codes.split("|")]
                if same and not words:
                    same[0].places.append(place)
                else:
                    found.append(Expectation(codes, words, place))
            match = HOLDER.search(line)
            if match:
                holders.setdefault(match.group(1), []).append(place)
        for expectation in found:
            for code, places in holders.items():
                if code in expectation.codes:
                    expectation.holders += places
        return found

    @property
    def over(self):
        """How long to look: what grows is seen by two looks, and their twins are asked likewise."""
        twin = "3s" if self.kind == "fixed" and self.row in TWO_LOOKS else None
        return next((e.over for e in self.expectations if e.over), None) or \
            self.directives.get("over", twin)


def all_programs():
    paths = sorted(HERE.glob("L*/*/main.go")) + sorted(HERE.glob("traps/*/main.go"))
    return [Program(path) for path in paths]


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def lay_out(programs, language, folder):
    """
    The sources again, in folders whose last names differ: what one `go build` makes is named after
    those. What is not there any more goes.
    """
    write_if_changed(folder / "go.mod", f"module corpus\n\ngo {language}\n")
    write_if_changed(folder / "lib" / "lib.go", (HERE / "lib" / "lib.go").read_text())
    for one in programs:
        write_if_changed(folder / one.flat / "main.go", one.path.read_text())
    kept = {one.flat for one in programs} | {"go.mod", "lib"}
    for child in folder.iterdir():
        if child.name not in kept:
            shutil.rmtree(child)


def overlay(chosen, source, added, base):
    """The option by which each of the programs has that file, too, which lies in no folder of theirs."""
    replaced = {str(source / one.flat / added.name): str(added) for one in chosen}
    write_if_changed(base / f"overlay-{source.name}.json", json.dumps({"Replace": replaced}))
    return [f"-overlay={base / f'overlay-{source.name}.json'}"]


def build_all(programs, release, variant, timeout=1500, added=None):
    """
    Build those that exist in the release, in one go for each language; the folder with them. `added` is a
    file of package main that each of them gets besides.
    """
    flags = build.VARIANTS[variant].get("flags", [])
    base = build.cache() / "corpus"
    output = base / release / (f"{variant}-{added.stem}" if added else variant)
    output.mkdir(parents=True, exist_ok=True)
    with open(base / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for own in (False, True):
            chosen = [p for p in all_programs() if p.own_language == own and p.exists_in(release)]
            language = release if own else "1.19"
            source = base / "src" / f"{release}-{'own' if own else 'old'}"
            source.mkdir(parents=True, exist_ok=True)
            lay_out(chosen, language, source)
            wanted = [f"./{p.flat}" for p in programs if p.own_language == own
                      and p.exists_in(release)]
            more = overlay(chosen, source, added, base) if added else []
            if wanted:
                build.run(["nice", "go", "build", "-p=2", *flags, *more, "-o", f"{output}/", *wanted],
                          build.go_environment(release), source, timeout)
    return output
