# SPDX-License-Identifier: Apache-2.0
"""Build the programs of test/programs with every release of Go, in every way."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"

RELEASES = {
    "1.19": "go1.19.13", "1.20": "go1.20.14", "1.21": "go1.21.13", "1.22": "go1.22.12",
    "1.23": "go1.23.12", "1.24": "go1.24.13", "1.25": "go1.25.5", "1.26": "go1.26.8",
    "1.27": "go1.27.0",
}


class Unbuildable(Exception):
    """This combination does not exist, and why."""


def number(release):
    major, minor = release.split(".")
    return int(major) * 1000 + int(minor)


# How to build: flags of `go build`, cgo, and the experiment, by name. `only` and `since` are the
# releases in which the variant exists, `why` the reason for which it does not elsewhere.
VARIANTS = {
    "plain": {"cgo": False},
    "stripped": {"cgo": False, "flags": ["-ldflags=-s -w"]},
    "pie": {"cgo": False, "flags": ["-buildmode=pie"]},
    "pie-stripped": {"cgo": False, "flags": ["-buildmode=pie", "-ldflags=-s -w"]},
    "trimpath": {"cgo": False, "flags": ["-trimpath"]},
    "noopt": {"cgo": False, "flags": ["-gcflags=all=-N -l"]},
    "cgo": {"cgo": True},
    "external": {"cgo": True, "flags": ["-ldflags=-linkmode=external"]},
    "debian": {"cgo": True, "flags": ["-buildmode=pie", "-trimpath",
                                      "-ldflags=-linkmode=external -s -w"]},
    "static": {"cgo": True, "flags": ["-tags=netgo,osusergo",
                                      "-ldflags=-linkmode=external -extldflags=-static -s -w"]},
    "race": {"cgo": True, "flags": ["-race"]},
    "plugin": {"cgo": True, "kind": "plugin"},
    "plugin-stripped": {"cgo": True, "kind": "plugin", "flags": ["-ldflags=-s -w"]},
    "c-shared": {"cgo": True, "kind": "c-shared"},
    "c-shared-stripped": {"cgo": True, "kind": "c-shared", "flags": ["-ldflags=-s -w"]},
    "c-archive": {"cgo": True, "kind": "c-archive"},
    "asan": {"cgo": True, "flags": ["-asan"]},
    "v3": {"cgo": False, "environment": {"GOAMD64": "v3"}, "flags": ["-ldflags=-s -w"]},
    "cover": {"cgo": False, "flags": ["-cover"], "since": "1.20",
              "why": "programs are built for coverage from 1.20 on"},
    "greentea": {"cgo": False, "flags": ["-ldflags=-s -w"], "experiment": "greenteagc",
                 "only": ("1.25",), "why": "an experiment of 1.25, the default from 1.26"},
    "nogreentea": {"cgo": False, "flags": ["-ldflags=-s -w"], "experiment": "nogreenteagc",
                   "only": ("1.26",), "why": "a choice of 1.26 alone"},
    "noswissmap": {"cgo": False, "flags": ["-ldflags=-s -w"], "experiment": "noswissmap",
                   "only": ("1.24", "1.25"), "why": "a choice of 1.24 and 1.25 alone"},
    "noallocheaders": {"cgo": False, "flags": ["-ldflags=-s -w"], "experiment": "noallocheaders",
                       "only": ("1.22",), "why": "a choice of 1.22 alone"},
    "arenas": {"cgo": False, "experiment": "arenas", "since": "1.20",
               "why": "an experiment from 1.20 on"},
    "synctest": {"cgo": False, "experiment": "synctest",
                 "only": ("1.24",), "why": "an experiment of 1.24, in the library from 1.25"},
}


def cache():
    """Where built programs lie between runs."""
    folder = os.environ.get("DOWSE_TEST_CACHE")
    if not folder:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base) / "dowse-test"
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def go_environment(release, cgo=False, experiment=""):
    environment = {**os.environ, "GOTOOLCHAIN": RELEASES[release], "GOFLAGS": "-buildvcs=false",
                   "GOEXPERIMENT": experiment, "CGO_ENABLED": "1" if cgo else "0", "GOWORK": "off"}
    if release == "1.19":
        # Its index of modules does not know a GOROOT that lies in the module cache.
        environment["GODEBUG"] = "goindex=0"
    return environment


def run(command, environment, folder, timeout):
    answer = subprocess.run(command, env=environment, cwd=folder, timeout=timeout,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    if answer.returncode != 0:
        words = answer.stdout.decode("utf-8", "replace").strip().splitlines()
        words = [line for line in words if not line.startswith("#")] or words or ["no message"]
        raise Unbuildable(" / ".join(words[:2]))


def available(release, timeout=300):
    """Whether that toolchain is here or can be had; else raises, with what go said."""
    run(["go", "version"], go_environment(release), PROGRAMS, timeout)


modfile_lock = threading.Lock()


def modfile(release):
    """A go.mod that says the release's own language, so that its own defaults hold."""
    path = cache() / f"go-{release}.mod"
    with modfile_lock:
        text = f"module programs\n\ngo {release}\n"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return path


def go_build(release, variant, package, output, mode, timeout):
    flags = list(variant.get("flags", []))
    if mode:
        flags.append(f"-buildmode={mode}")
    command = ["nice", "go", "build", f"-modfile={modfile(release)}", "-p=2", *flags,
               "-o", str(output), f"./{package}"]
    environment = go_environment(release, variant["cgo"], variant.get("experiment", ""))
    run(command, {**environment, **variant.get("environment", {})}, PROGRAMS, timeout)


def build(release, name, program, timeout=600):
    """
    Build one program; the command that runs it. go itself knows what is up to date, so a warm
    build is only a look.
    """
    variant = VARIANTS[name]
    if "only" in variant and release not in variant["only"]:
        raise Unbuildable(variant["why"])
    if number(release) < number(variant.get("since", "1.0")):
        raise Unbuildable(variant["why"])
    kind = variant.get("kind")
    if kind and program != "zoo":
        raise Unbuildable(f"only the zoo has a {kind} form")
    if variant["cgo"] and not shutil.which("gcc"):
        raise Unbuildable("no C compiler here")
    folder = cache() / release / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if kind == "plugin":
            go_build(release, variant, "pluginhost", folder / "pluginhost", None, timeout)
            go_build(release, variant, "plugin", folder / "plugin.so", "plugin", timeout)
            return [str(folder / "pluginhost"), str(folder / "plugin.so")]
        if kind == "c-shared":
            go_build(release, variant, "shared", folder / "zoo.so", "c-shared", timeout)
            run(["gcc", "-O1", "-o", str(folder / "host"), str(PROGRAMS / "shared/host/host.c"),
                 "-ldl"], os.environ, folder, timeout)
            return [str(folder / "host"), str(folder / "zoo.so")]
        if kind == "c-archive":
            go_build(release, variant, "shared", folder / "zoo.a", "c-archive", timeout)
            run(["gcc", "-O1", "-DLINKED", "-o", str(folder / "host"),
                 str(PROGRAMS / "shared/host/host.c"), str(folder / "zoo.a"), "-lpthread", "-lresolv"],
                os.environ, folder, timeout)
            return [str(folder / "host")]
        go_build(release, variant, program, folder / program, None, timeout)
        return [str(folder / program)]
    except subprocess.TimeoutExpired:
        raise Unbuildable(f"not built within {timeout} s")
