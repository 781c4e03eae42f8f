#!/usr/bin/env python3
"""The rules of the house that a program can check. Each rule is one test; a broken one is told
with file and line.

    house.py [ROOT]

Every rule takes the root of a tree and yields complaints, so that test_house.py can seed a small
tree with one fault each and see it found.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

# Who may include whom, as docs/architecture.md has it. What may be included brings along what it
# may itself include, and a folder may always include from itself.
EVIDENCE = ["runtime", "heap", "profile", "dump", "trace", "source"]
MAY_INCLUDE = {
    "base": [],
    "model": ["base"],
    "target": ["base"],
    "binary": ["target"],
    "runtime": ["binary", "model"],
    "heap": ["runtime"],
    "profile": ["model", "binary"],
    "http": ["base"],
    "dump": ["model"],
    "trace": ["model"],
    "source": ["base"],
    "leak": EVIDENCE,
    "fix": ["source", "leak"],
    "report": ["leak", "model"],
    "store": ["model", "profile", "leak"],
    "serve": ["report", "store"],
    "confine": ["base", "target", "http"],
    "cli": [
        "base", "model", "target", "binary", *EVIDENCE,
        "leak", "fix", "report", "store", "serve", "http", "confine",
    ],
}  # fmt: skip

# Detectors lie in folders of leak, by the evidence that they read; they never see each other. So do
# the pages of the catalogue, which read none.
DETECTORS = {
    "catalogue": ["base"],
    "live": ["runtime", "heap"],
    "source": ["source"],
    "profile": ["profile"],
    "dump": ["dump"],
    "trace": ["trace"],
    "trend": ["model"],
}

# What include/dowse.h promises; it may include every folder, and none includes it.
PUBLIC_FACE = os.path.join("src", "dowse.c")

BANNED = (
    "strcpy stpcpy strcat strncat sprintf vsprintf atoi atol atoll atof strtok gets alloca "
    "__builtin_alloca"
).split()

C_FOLDERS = ["src", "include", "fuzz", "bench", "test"]


def reachable(folder):
    """Every folder that `folder` may include, itself too."""
    found, waiting = set(), [folder]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += MAY_INCLUDE[name]
    return found


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def files_under(root, folders, endings):
    for folder in folders:
        for parent, children, names in os.walk(os.path.join(root, folder)):
            children.sort()
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(parent, name), root)


def strip_comments(text):
    """The text without comments and with empty strings; every line stays where it was."""

    def blank(match):
        token = match.group(0)
        newlines = "\n" * token.count("\n")
        if token.startswith("/"):
            return " " + newlines
        return token[0] + token[0] + newlines

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def strip_only_comments(text):
    """The same, but strings (and so the names of included files) stay."""

    def blank(match):
        token = match.group(0)
        return " " + "\n" * token.count("\n") if token.startswith("/") else token

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def included(root, path):
    """(line, name) of every #include "name" in a file."""
    text = strip_only_comments(read(os.path.join(root, path)))
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]*)"', text, re.M):
        yield line_of(text, match.start()), match.group(1)


def folders_of_src(root):
    source = os.path.join(root, "src")
    return sorted(
        name for name in os.listdir(source) if os.path.isdir(os.path.join(source, name))
    )


def tracked_files(root):
    """What the repository holds or is about to hold; every file, where there is no git."""
    try:
        listing = subprocess.run(
            ["git", "-C", root, "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return [name for name in listing.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        return [
            name
            for name in files_under(root, ["."], ("",))
            if not re.match(r"(\./)?(build[^/]*|\.git)/", name)
        ]


def include_direction(root):
    """Folders include each other in one direction only."""
    for folder in folders_of_src(root):
        if folder not in MAY_INCLUDE:
            yield "src/%s: this folder is not in the table of who may include whom" % folder
    for path in files_under(root, ["src"], (".c", ".h")):
        parts = path.split(os.sep)
        if path == PUBLIC_FACE:
            continue  # it stands above the folders
        if len(parts) < 3 or parts[1] not in MAY_INCLUDE:
            yield "%s: lies in no folder of the house" % path
            continue
        allowed = reachable(parts[1])
        detector = parts[2] if parts[1] == "leak" and len(parts) > 3 else None
        if detector and detector not in DETECTORS:
            yield "%s: leak has no folder %s" % (path, detector)
            continue
        if detector:
            allowed = {"leak"}.union(*map(reachable, DETECTORS[detector]), reachable("model"))
        for line, name in included(root, path):
            target = name.split("/")
            if len(target) < 2 or not os.path.exists(os.path.join(root, "src", name)):
                yield '%s:%d: "%s" is not a path from src' % (path, line, name)
            elif target[0] not in allowed:
                yield "%s:%d: %s may not include %s" % (
                    path, line, "/".join(parts[1:-1]), name,
                )  # fmt: skip
            elif detector and len(target) > 2 and target[0] == "leak" and target[1] != detector:
                yield "%s:%d: detectors of %s may not include those of %s" % (
                    path, line, detector, target[1],
                )  # fmt: skip
    for path in files_under(root, ["include"], (".h",)):
        for line, name in included(root, path):
            yield '%s:%d: the public header may not include "%s"' % (path, line, name)


def bans(root):
    """What cannot be used safely is not used, and the compiler is told so."""
    pattern = re.compile(r"(?<![\w.])(?:%s)\b(?=\s*[(,;)])" % "|".join(BANNED))
    for path in files_under(root, C_FOLDERS, (".c", ".h")):
        if path == os.path.join("src", "base", "banned.h"):
            continue
        text = strip_comments(read(os.path.join(root, path)))
        for match in pattern.finditer(text):
            yield "%s:%d: %s is banned" % (path, line_of(text, match.start()), match.group(0))
    build = strip_meson_comments(read(os.path.join(root, "meson.build")))
    if not re.search(r"'-Wvla'", build) or not re.search(r"'werror=true'", build):
        yield "meson.build: arrays of variable length are refused by -Wvla with werror=true"
    source = strip_meson_comments(read(os.path.join(root, "src", "meson.build")))
    banned = read(os.path.join(root, "src", "base", "banned.h"))
    if "'-include', 'base/banned.h'" not in source:
        yield "src/meson.build: base/banned.h is to be included before every file"
    poisoned = set(" ".join(re.findall(r"^#pragma GCC poison (.*)$", banned, re.M)).split())
    for name in BANNED:
        if not name.startswith("__") and name not in poisoned:
            yield "src/base/banned.h: %s is not poisoned" % name


def strip_meson_comments(text):
    return re.sub(r"^[ \t]*#[^\n]*", "", text, flags=re.M)


def library_flags():
    names = ["capstone", "libdeflate", "libzstd"]
    flags = subprocess.run(
        ["pkg-config", "--cflags", *names], check=True, stdout=subprocess.PIPE, text=True
    )
    return shlex.split(flags.stdout)


def headers_stand_alone(root):
    """A header compiles alone, and twice."""
    flags = ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-fsyntax-only"]
    flags += ["-I", os.path.join(root, "src"), "-I", os.path.join(root, "include")]
    flags += ["-Wno-unused-function"] + library_flags()
    compiler = os.environ.get("CC", "cc")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "alone.c")
        for path in files_under(root, ["src", "include"], (".h",)):
            name = path.split(os.sep, 1)[1]
            with open(program, "w", encoding="utf-8") as file:
                file.write('#include "%s"\n#include "%s"\n' % (name, name))
            result = subprocess.run(
                [*shlex.split(compiler), *flags, program],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )  # fmt: skip
            if result.returncode:
                yield "%s: does not compile alone:\n%s" % (path, result.stdout.rstrip())


# A definition starts at the margin and its brace stands alone on a line, as clang-format lays it.
DEFINITION = re.compile(
    r"^(?!static\b|typedef\b|extern\b|#)[A-Za-z_][\w \t\*\n]*?\**\b(\w+)\(([^;{}]*)\)[^;{}()]*\n\{",
    re.M,
)
TAG = re.compile(r"^[ \t]*(?:struct|enum|union)[ \t]+(\w+)", re.M)
NOT_A_NAME = {"if", "for", "while", "switch", "return", "__attribute__"}


def module_prefixes(root, folder):
    """What the names of a folder may begin with: the folder; its files, in singular too and by their
    first word (global_check() in globals_check.c); the types that it has or may include (an
    object's verb may live above the object: function_is_shown()); and, with the layouts in sight,
    the structures of the Go runtime that they describe (sudog_channel())."""
    found = {os.path.basename(folder)}
    for name in os.listdir(os.path.join(root, folder)):
        stem, ending = os.path.splitext(name)
        if ending in (".c", ".h"):
            first = stem.split("_")[0]
            found |= {stem, re.sub(r"_(amd64|arm64)$", "", stem), first, re.sub(r"s$", "", first)}
    for other in reachable(folder.split(os.sep)[1]):
        for path in files_under(root, [os.path.join("src", other)], (".h",)):
            text = strip_comments(read(os.path.join(root, path)))
            found |= {tag for tag in TAG.findall(text) if owns(text, tag)}
            found |= set(re.findall(r"^LAYOUT_SIZE\((\w+?)(?:_struct)?_size\b", text, re.M))
    return found


def owns(text, tag):
    return bool(
        re.search(r"^(?:struct|enum|union)[ \t]+%s[ \t]*(?:\{|;)" % re.escape(tag), text, re.M)
    )


def prefixes(root):
    """A name that other files can see begins with what it belongs to."""
    known = {}
    for path in files_under(root, ["src"], (".c",)):
        folder = os.path.dirname(path)
        if path == PUBLIC_FACE or folder.split(os.sep)[1] not in MAY_INCLUDE:
            continue  # include_direction() tells
        if folder not in known:
            known[folder] = module_prefixes(root, folder)
        text = strip_comments(read(os.path.join(root, path)))
        for match in DEFINITION.finditer(text):
            name = match.group(1)
            if name == "main" or name in NOT_A_NAME:
                continue
            if not any(name == p or name.startswith(p + "_") for p in known[folder]):
                yield "%s:%d: %s() begins with no file or folder of %s, nor with a type" % (
                    path, line_of(text, match.start(1)), name, folder,
                )  # fmt: skip


def machine_paths(root):
    """Nothing names a folder of the machine that it was written on."""
    pattern = re.compile(r"(?:^|[^\w.~$}/%*>])/(?:(?:root|home)/\w|(?:work|farm|tmp/team)\b)")
    for path in tracked_files(root):
        full = os.path.join(root, path)
        if not os.path.isfile(full) or os.path.islink(full):
            continue
        with open(full, "rb") as file:
            data = file.read()
        if b"\0" in data[:8192] or "corpus" in path.split("/"):
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                yield "%s:%d: a path of one machine: %s" % (path, number, line.strip()[:100])


def documented(root):
    """docs/architecture.md speaks of every folder, and of none that is not there as if it were."""
    path = os.path.join("docs", "architecture.md")
    if not os.path.exists(os.path.join(root, path)):
        yield "%s is missing" % path
        return
    text = read(os.path.join(root, path))
    for folder in folders_of_src(root):
        if "`src/%s`" % folder not in text:
            yield "%s: says nothing of `src/%s`" % (path, folder)
    for folder in sorted(set(re.findall(r"^\| `src/(\w+)` \|", text, re.M))):
        if not os.path.isdir(os.path.join(root, "src", folder)):
            yield "%s: has a row for src/%s, which does not exist" % (path, folder)


def built(root):
    """Every source file is named in the meson.build of its folder, and every name is a file."""
    for path in files_under(root, ["src"], (".c",)):
        folder, name = os.path.split(path)
        # A file that belongs to one machine is chosen by its name.
        chosen = re.sub(r"(amd64|arm64)\.c$", "' + machine + '.c", name)
        build = os.path.join(root, folder, "meson.build")
        if not os.path.exists(build):
            yield "%s: %s has no meson.build" % (path, folder)
        elif not any("'%s'" % n in strip_meson_comments(read(build)) for n in (name, chosen)):
            yield "%s: is not named in %s" % (path, os.path.join(folder, "meson.build"))
    # A suite that nobody enters would be missed by nobody.
    tests = os.path.join(root, "test", "meson.build")
    entered = strip_meson_comments(read(tests)) if os.path.exists(tests) else ""
    for path in files_under(root, ["test"], ("meson.build",)):
        folders = path.split(os.sep)[1:-1]
        if len(folders) == 1 and "'%s'" % folders[0] not in entered:
            yield "%s: test/meson.build does not enter this folder" % path
    for path in files_under(root, ["src"], ("meson.build",)):
        folder = os.path.dirname(path)
        for name in re.findall(r"(?<!\+ )'([\w./-]+\.c)'", strip_meson_comments(read(os.path.join(root, path)))):
            if not os.path.exists(os.path.join(root, folder, name)):
                yield "%s: names %s, which does not exist" % (path, name)


def members_checked(root):
    """
    A member that is taken from the copy of a structure lies inside it, whatever layout a file
    comes with: it is listed in layout_check.c, or its own file looks with lies_inside().
    """
    call = re.compile(r"\bmember_u(?:8|32|64)\(((?:[^()]|\([^()]*\))*)\)")
    check = os.path.join(root, "src", "runtime", "layout_check.c")
    listed = re.findall(r"COPIED\((\w+), (\w+),", read(check)) if os.path.exists(check) else []
    listed = {"%s_%s" % pair for pair in listed}
    sources = {path: strip_comments(read(os.path.join(root, path)))
               for path in files_under(root, ["src"], (".c",))}
    looked_at = set()
    for text in sources.values():
        looked_at.update(re.findall(r"\blies_inside\(layout->(\w+)", text))
    for path, text in sources.items():
        for match in call.finditer(text):
            for name in re.findall(r"layout(?:_of\([^)]*\))?(?:->|\.)(\w+)", match.group(1)):
                if name not in listed and name not in looked_at:
                    yield "%s:%d: layout_check.c does not look at %s" % (
                        path, line_of(text, match.start()), name,
                    )  # fmt: skip


RULES = [
    include_direction, bans, headers_stand_alone, prefixes, machine_paths, documented, built,
    members_checked,
]  # fmt: skip


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    failed = 0
    for rule in RULES:
        complaints = list(rule(root))
        failed += bool(complaints)
        print("%s  %s" % ("FAIL" if complaints else "ok  ", rule.__name__.replace("_", " ")))
        for complaint in complaints:
            print("      " + complaint)
    print("%d passed, %d failed" % (len(RULES) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
