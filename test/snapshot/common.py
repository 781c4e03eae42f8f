# SPDX-License-Identifier: Apache-2.0
"""What the tests of snapshots share."""

import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "truth"))
import build  # noqa: E402
import program  # noqa: E402

DOWSE = os.path.abspath(os.environ.get("DOWSE", "build/dowse"))
CHROOT = shutil.which("chroot", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
# Sanitizers, and machines that are busy with other things.
TIMEOUT = 300


def dowse(*words, status=0, **options):
    """Its standard output; `status` None is any."""
    answer = subprocess.run([DOWSE, *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                            **options)
    if status is not None and answer.returncode != status:
        raise AssertionError(f"dowse {' '.join(map(str, words))}: status {answer.returncode}: "
                             f"{answer.stderr.decode('utf-8', 'replace')}")
    return answer.stdout


def ask(*words, **options):
    return json.loads(dowse(*words, "--format", "json", **options))


def as_root(command):
    return command if os.geteuid() == 0 else ["sudo", "-n", *command]


class EmptyRoot:
    """A folder with dowse, the libraries that it is linked to and nothing else: no /proc, no
    executable of the target, no /tmp."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copy(DOWSE, os.path.join(folder, "dowse"))
        listing = subprocess.run(["ldd", DOWSE], stdout=subprocess.PIPE, text=True, check=False)
        for path in re.findall(r"(/\S+) \(0x", listing.stdout):
            into = folder + os.path.dirname(path)
            os.makedirs(into, exist_ok=True)
            shutil.copy(path, into)

    def command(self, words):
        # A sanitizer needs /proc: the plain build tests the empty root.
        if os.environ.get("DOWSE_SANITIZED") == "1":
            return [DOWSE, *words]
        return as_root([CHROOT, self.folder, "/dowse", *words])

    def ask(self, verb, file, *words):
        moment = os.path.join(self.folder, "moment")
        shutil.copy(file, moment)
        sanitized = os.environ.get("DOWSE_SANITIZED") == "1"
        words = [*verb, moment if sanitized else "/moment", *words, "--format", "json"]
        answer = subprocess.run(self.command(words), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                                check=False)
        if answer.returncode not in (0, 3):
            raise AssertionError(f"status {answer.returncode}: {answer.stderr.decode()}")
        return json.loads(answer.stdout)


def state_of(pid):
    """What must be as before: its state letter is no T or t, it has no tracer and no children."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    children = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="utf-8") as file:
                children += file.read().split()
        except OSError:
            continue
    return lines["State"][0], int(lines["TracerPid"]), children
