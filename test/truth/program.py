# SPDX-License-Identifier: Apache-2.0
"""Start programs under test, ask them for the runtime's own dump, and always end them."""

import atexit
import os
import re
import select
import signal
import subprocess
import time
import urllib.request

READY = re.compile(r"^ready pid=(\d+) go=(\S+) ?(.*)$")
running = set()


class ProgramError(Exception):
    """The program did not do what it was asked for."""


def end_all():
    for program in list(running):
        program.stop()


atexit.register(end_all)


class Program:
    """A process in a process group of its own, so that its children end with it."""

    def __init__(self, command, environment=None, timeout=60, log=None, cwd=None, silent=False):
        self.timeout = timeout
        self.buffer = b""
        errors = log if log else subprocess.DEVNULL
        # A pipe that nobody reads would fill, and stop the program.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=errors if silent else subprocess.PIPE, cwd=cwd,
            stderr=errors, start_new_session=True, env={**os.environ, **(environment or {})})
        running.add(self)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        running.discard(self)
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                if stream:
                    stream.close()
            except OSError:
                pass

    def fill(self, deadline):
        left = deadline - time.monotonic()
        descriptor = self.process.stdout.fileno()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise ProgramError(f"no answer within {self.timeout} s")
        data = os.read(descriptor, 1 << 20)
        if not data:
            raise ProgramError(f"ended early, status {self.process.wait()}")
        self.buffer += data

    def read_line(self):
        deadline = time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            self.fill(deadline)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode("utf-8", "replace")

    def read_bytes(self, length):
        deadline = time.monotonic() + self.timeout
        chunks, have = [self.buffer], len(self.buffer)
        while have < length:
            self.buffer = b""
            self.fill(deadline)
            chunks.append(self.buffer)
            have += len(self.buffer)
        data = b"".join(chunks)
        self.buffer = data[length:]
        return data[:length]


class Controlled(Program):
    """A program of test/programs: commands on standard input, framed answers."""

    def __init__(self, command, **options):
        super().__init__(command, **options)
        try:
            match = None
            while not match:
                match = READY.match(self.read_line())
        except ProgramError:
            self.stop()
            raise
        self.pid = int(match.group(1))
        self.go = match.group(2)
        self.facts = dict(word.split("=", 1) for word in match.group(3).split() if "=" in word)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        while True:
            words = self.read_line().split(" ")
            if len(words) == 2 and words[0] in ("ok", "error") and words[1].isdigit():
                break
        text = self.read_bytes(int(words[1])).decode("utf-8", "surrogateescape")
        if words[0] == "error":
            raise ProgramError(f"{line}: {text}")
        return text

    def dump(self):
        return self.ask("dump")


class Served(Program):
    """A foreign program that answers the profile requests of net/http/pprof."""

    def __init__(self, command, url, **options):
        super().__init__(command, silent=True, **options)
        self.url = url
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                self.dump()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise ProgramError(f"ended early, status {self.process.returncode}")
                if time.monotonic() > deadline:
                    self.stop()
                    raise ProgramError(f"does not answer at {url}")
                time.sleep(0.1)

    def dump(self):
        with urllib.request.urlopen(self.url, timeout=self.timeout) as answer:
            return answer.read().decode("utf-8", "surrogateescape")
