"""The static file, built once as `make static` builds it, for the suites that carry it away; and the
shop that they carry it to."""

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


def as_root(command):
    return command if os.geteuid() == 0 else ["sudo", "-n", *command]


def build_shop(target, **environment):
    """The leaking example, stripped."""
    subprocess.run(
        ["go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", target, "."],
        cwd=os.path.join(os.environ["SOURCE_DIR"], "examples", "leaky"), check=True,
        env=dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="", **environment),
    )  # fmt: skip
