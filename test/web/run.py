#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page: its source builds just the bundle that is checked in, and a browser shows what it should.

Packages come from npm's registry, as web/package-lock.json has them, once for each state of that
file; they are kept beside what other tests keep. Nothing is written into the source.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ["SOURCE_DIR"])
WEB = SOURCE / "web"
BUILD = Path(os.environ["BUILD_DIR"]) / "web"
CACHE = Path.home() / ".cache" / "dowse-test"
LOCKED = ("package.json", "package-lock.json", ".npmrc")


def run(*command, **more):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", timeout=500, check=False, **more,
    )  # fmt: skip


def packages():
    """The folder node_modules of just the locked packages."""
    state = hashlib.sha256(b"".join((WEB / name).read_bytes() for name in LOCKED)).hexdigest()[:16]
    folder = CACHE / ("web-" + state)
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "web.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder / "node_modules"
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for name in LOCKED:
            shutil.copy(WEB / name, fresh / name)
        # A registry that fails is asked again: it is not what is tested here.
        for _ in range(3):
            result = run("npm", "ci", "--no-audit", "--no-fund", cwd=fresh)
            if result.returncode == 0:
                break
        else:
            sys.exit("npm ci failed:\n%s\n0 passed, 1 failed" % result.stdout)
        fresh.rename(folder)
    return folder / "node_modules"


def build(modules):
    """None, or what is wrong with the bundle."""
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(WEB, BUILD, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (BUILD / "node_modules").symlink_to(modules)
    for command in ("typescript/bin/tsc", "--noEmit"), ("vite/bin/vite.js", "build"):
        result = run("node", str(modules / command[0]), *command[1:], cwd=BUILD)
        if result.returncode:
            return "%s failed:\n%s" % (command[0], result.stdout)
    built = (BUILD / "dist" / "page.html").read_bytes()
    kept = (WEB / "dist" / "page.html").read_bytes()
    if built != kept:
        return "web/dist/page.html is not what web/src builds: make web"
    if len(kept) > 150000:
        return "web/dist/page.html has %d bytes, and may have 150,000" % len(kept)
    return None


def main():
    sys.stdout.reconfigure(line_buffering=True, errors="replace")
    modules = packages()
    passed = failed = 0
    problem = build(modules)
    print("FAIL  the bundle: " + problem if problem else "ok    the source builds the bundle")
    passed, failed = (0, 1) if problem else (1, 0)
    # Its home is its own: what this user's browser keeps is not touched.
    home = BUILD / "home"
    home.mkdir()
    result = run("node", str(SOURCE / "test" / "web" / "page.mjs"), cwd=BUILD,
                 env={**os.environ, "MODULES": str(modules), "HOME": str(home), "WORK": str(BUILD)})  # fmt: skip
    print(result.stdout)
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", result.stdout, re.M)
    if counts:
        passed += int(counts[-1][0])
        failed += int(counts[-1][1])
    if not counts or (result.returncode and counts[-1][1] == "0"):
        failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
