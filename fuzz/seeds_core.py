#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_core.py [FOLDER]: write the first inputs of the fuzz target for cores, small and
well formed but for what they are named after, into FOLDER (fuzz/corpus)."""

import os
import struct
import sys

LOAD, NOTE = 1, 4
PRSTATUS, PRPSINFO, AUXV, FILES, SIGINFO = 1, 3, 6, 0x46494c45, 0x53494749


def note(kind, content):
    return struct.pack("<III8s", 5, len(content), kind, b"CORE") + content + b"\0" * (
        -len(content) % 4)


def thread(number, pc):
    registers = [0] * 27
    registers[16] = pc
    return note(PRSTATUS, struct.pack("<iiiHxxQQiiii64x27QI4x", 11, 0, 0, 11, 0, 0, number, 1, 1,
                                      1, *registers, 1))


def process(number, name):
    return note(PRPSINFO, struct.pack("<4b4xQIIiiii16s80s", 0, 82, 0, 0, 0, 0, 0, number, 1, 1, 1,
                                      name, name))


def files(*pieces):
    head = struct.pack("<QQ", len(pieces), 4096)
    table = b"".join(struct.pack("<QQQ", start, end, page) for start, end, page, _ in pieces)
    return note(FILES, head + table + b"".join(path + b"\0" for _, _, _, path in pieces))


def auxiliary(*pairs):
    return note(AUXV, b"".join(struct.pack("<QQ", *pair) for pair in (*pairs, (0, 0))))


def executable():
    """The first page of one, with a build id."""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0x400100, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x300, 0x300, 4096)
    segments += struct.pack("<IIQQQQQQ", 4, 4, 0x200, 0x400200, 0x400200, 32, 32, 4)
    page = (head + segments).ljust(0x200, b"\0")
    return page + struct.pack("<III4s", 4, 16, 4, b"Go") + b"a/b/c/d".ljust(16, b"\0") + b"\0" * 0xe0


def core(segments, notes, extended=False, machine=62):
    """Segments are (address, flags, content, size in memory)."""
    count = len(segments) + 1
    at = 64 + 56 * count
    table = struct.pack("<IIQQQQQQ", NOTE, 0, at, 0, 0, len(notes), 0, 4)
    at += len(notes)
    body = notes
    for address, flags, content, size in segments:
        table += struct.pack("<IIQQQQQQ", LOAD, flags, at, address, 0, len(content), size, 4096)
        body += content
        at += len(content)
    sections = at if extended else 0
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 4, machine, 1, 0, 64, sections, 0, 64, 56,
        0xffff if extended else count, 64, 0, 0)
    tail = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count, 0, 0) if extended else b""
    return head + table + body + tail


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "corpus")
    notes = thread(7, 0x400100) + process(7, b"shop") + note(
        SIGINFO, struct.pack("<i124x", 6)) + auxiliary((9, 0x400100), (3, 0x400040)) + files(
            (0x400000, 0x402000, 0, b"/nowhere/shop"), (0x7000000, 0x7001000, 3, b"/nowhere/lib"))
    usual = [(0x400000, 5, executable(), 4096), (0x401000, 4, b"", 4096),
             (0x600000, 6, b"\1" * 700, 700), (0x6002bc, 6, b"\2" * 300, 9000)]
    seeds = {
        "whole": core(usual, notes),
        "cut": core(usual, notes)[:-500],
        "extended": core(usual, notes, extended=True),
        "extended-cut": core(usual, notes, extended=True)[:-64],
        "overlapping": core(usual + [(0x600010, 6, b"\3" * 64, 1 << 63),
                                     ((1 << 64) - 4096, 6, b"\4" * 64, 1 << 40)], notes),
        "notes-overrun": core(usual, notes[:-30]),
        "no-notes": core(usual, b""),
        "arm64": core(usual, notes, machine=183),
    }
    for name, content in seeds.items():
        path = os.path.join(folder, "core", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        print("%5d %s" % (len(content), name))


if __name__ == "__main__":
    main()
