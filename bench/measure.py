# SPDX-License-Identifier: Apache-2.0
"""Run commands and ask the kernel what they took."""

import os
import resource
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass


class Failed(Exception):
    """What was to be measured did not work."""


@dataclass
class Run:
    wall: float  # seconds
    cpu: float  # seconds of user and system time together
    user: float  # seconds of user time
    peak: int  # bytes of memory that were resident at most
    output: bytes


def median(values):
    return statistics.median(values)


def run(command, folder, timeout, answers=b"", environment=None, expect=(0,)):
    """
    Run a command to its end. Its output goes through a file: it may be large, and the peak that
    the kernel tells of a child is never below what this process held when it was started.
    """
    path = folder / "output"
    with open(path, "w+b") as output, open(folder / "errors", "w+b") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE if answers else
            subprocess.DEVNULL, stdout=output, stderr=errors, env={**os.environ, **(environment or {})})
        if answers:
            process.stdin.write(answers)
            process.stdin.close()
        late = threading.Timer(timeout, os.kill, (process.pid, signal.SIGKILL))
        late.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begin
        finally:
            late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in expect:
            errors.seek(0)
            words = errors.read(400).decode("utf-8", "replace").strip().replace("\n", " / ")
            why = f"not done within {timeout} s" if wall >= timeout else words or "no message"
            raise Failed(f"{os.path.basename(str(command[0]))}: status {process.returncode}: {why}")
        return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_utime, usage.ru_maxrss << 10,
                   path)


def raise_priority(level):
    """Whether this process, and all that it starts, now runs at that nice level."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, level)
        raise_session(os.getpid(), level)
    except PermissionError:
        return False
    return True


def raise_session(pid, level):
    """Where the kernel shares processors among sessions, theirs counts, not the processes' own."""
    try:
        with open(f"/proc/{pid}/autogroup", "w", encoding="ascii") as file:
            file.write(str(level))
    except FileNotFoundError:
        pass


def raise_descriptors():
    """Programs with many connections need many descriptors."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def available():
    """Bytes of memory that a new program could have."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 0


def status_field(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise Failed(f"no {name} in the status of pid {pid}")


def resident(pid):
    return status_field(pid, "VmRSS") << 10


def threads(pid):
    return status_field(pid, "Threads")
