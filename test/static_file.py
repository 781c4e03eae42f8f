"""The static file, built once as `make static` builds it, for the suites that carry it away."""

import fcntl
import os
import subprocess


def build(target):
    """Builds it and leaves it, stripped, at `target`."""
    source = os.environ["SOURCE_DIR"]
    folder = os.path.join(os.environ["BUILD_DIR"], "static")
    # Two suites may want it at once.
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, "build.ninja")):
            setup = ["meson", "setup", "-Dstatic=true", "-Dtests=false", folder, source]
            subprocess.run(setup, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", folder, "dowse"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["strip", "-o", target, os.path.join(folder, "dowse")], check=True)
