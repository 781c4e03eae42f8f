# SPDX-License-Identifier: Apache-2.0
"""Run a program on a terminal of any size, and read what it wrote."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def run(command, rows, columns, environment=None, timeout=120):
    """What appeared, its line ends as a file has them; and the status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL,
                               env={**os.environ, "TERM": "xterm", **(environment or {})})
    os.close(slave)
    data, deadline = b"", time.monotonic() + timeout
    try:
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:  # everything has been closed
                break
            if not piece:
                break
            data += piece
        return data.decode("utf-8").replace("\r\n", "\n"), process.wait(timeout=10)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def plain(text):
    return ESCAPE.sub("", text)
