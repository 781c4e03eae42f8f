# SPDX-License-Identifier: Apache-2.0
"""The packages whose tests are run under `dowse exec`, and how they are built."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "truth"))

import build  # noqa: E402

PACKAGES = HERE / "packages"


def binary(name, release="1.26", flags=(), cgo=False, program=False):
    """The test binary of a package, or the program that it is; built once for each state of its source."""
    ways = "-".join(flag.strip("-").replace("=", "-").replace(" ", "") for flag in flags)
    source = PACKAGES / name
    # By their contents: several trees may share the cache.
    state = hashlib.sha256(b"".join(file.name.encode() + b"\0" + file.read_bytes()
                                    for file in sorted(source.iterdir()))).hexdigest()[:12]
    target = (build.cache() / "exec" / state /
              f"{name}-{release}{'-' + ways if ways else ''}{'' if program else '.test'}")
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # The tree may be read-only, and two runs may build at once.
    made = target.with_name(f"{target.name}.{os.getpid()}")
    how = ["build"] if program else ["test", "-c", "-vet=off"]
    command = [shutil.which("go"), *how, *flags, "-o", str(made), "."]
    environment = build.go_environment(release, cgo=cgo)
    subprocess.run(command, cwd=source, env=environment, check=True, timeout=900)
    made.rename(target)
    return target
