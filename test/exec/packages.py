# SPDX-License-Identifier: Apache-2.0
"""The packages whose tests are run under `dowse exec`, and how they are built."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402

PACKAGES = HERE / "packages"


def binary(name, release="1.26", flags=(), cgo=False):
    """The test binary of a package, built unless it is newer than its source."""
    ways = "-".join(flag.strip("-").replace("=", "-").replace(" ", "") for flag in flags)
    target = build.cache() / "exec" / f"{name}-{release}{'-' + ways if ways else ''}.test"
    source = PACKAGES / name
    newest = max(file.stat().st_mtime for file in source.iterdir())
    if target.exists() and target.stat().st_mtime > newest:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # The tree may be read-only, and two runs may build at once.
    made = target.with_name(f"{target.name}.{os.getpid()}")
    command = [shutil.which("go"), "test", "-c", "-vet=off", *flags, "-o", str(made), "."]
    environment = build.go_environment(release, cgo=cgo)
    subprocess.run(command, cwd=source, env=environment, check=True, timeout=900)
    made.rename(target)
    return target
