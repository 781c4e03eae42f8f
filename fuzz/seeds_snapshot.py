#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_snapshot.py [FOLDER]: write the first inputs of the fuzz target for snapshots, as
fuzz/snapshot.c says, into FOLDER (fuzz/corpus/snapshot). Whatever a fuzzer finds lies beside them."""

import os
import struct
import sys

FACTS, THREADS, MAPPINGS, DESCRIPTORS, MEMORY, INDEX = range(1, 7)
ZEROES = 1 << 63
CHUNK = 32 << 10


def string(text):
    return struct.pack("<I", 0xffffffff) if text is None else \
        struct.pack("<I", len(text)) + text.encode()


def record(*parts):
    body = b"".join(parts)
    return struct.pack("<I", len(body)) + body


def fact(name, value):
    return record(string(name), string(value))


def thread(number):
    return record(struct.pack("<IIII", number, number, 1, 2),
                  struct.pack("<7Q", 0x401000, 0xc000001000, 0, 0xc000000000, 0, 1, 2))


def mapping(start, end, path):
    return record(struct.pack("<QQQQQI", start, end, 0, 0, 7, 5), string(path))


def descriptor(number, kind, name):
    return record(struct.pack("<II", number, 0), string(kind), string(name), string(None),
                  string("127.0.0.1:80"))


def memory(extents, stride=0):
    """(address, bytes or how many zeroes) pairs."""
    contents = b"".join(part for _, part in extents if isinstance(part, bytes))
    table = b"".join(
        struct.pack("<QQ", at, len(part) if isinstance(part, bytes) else part | ZEROES)
        for at, part in extents)
    strides = bytes([stride]) * -(-len(contents) // CHUNK)
    return contents + strides + table + struct.pack("<Q", len(extents))


def block(kind, contents, first=0, end=0):
    return struct.pack("<BHQQ", kind, len(contents), first, end) + contents


def seeds():
    facts = block(FACTS, fact("process.name", "shop") + fact("process.pid", "42")
                  + fact("now_ns", "123456789"))
    records = [
        facts,
        block(THREADS, thread(42) + thread(43)),
        block(MAPPINGS, mapping(0x1000, 0x3000, "/bin/shop") + mapping(0x4000, 0x9000, "")),
        block(DESCRIPTORS, descriptor(0, "file", "/dev/null") + descriptor(3, "tcp", None)),
    ]
    words = struct.pack("<32Q", *range(0, 3200, 100))
    memories = [
        block(MEMORY, memory([(0x1000, words), (0x1100, 0x700)], 1), 0x1000, 0x1800),
        block(MEMORY, memory([(0x1900, b"odd"), (0x2000, words * 9)], 4), 0x1900, 0x2900),
        block(MEMORY, memory([(0x4000, 1 << 40)]), 0x4000, 0x4000 + (1 << 40)),
    ]
    yield "whole", b"\2" + b"".join(records + memories)
    yield "without-end", b"\3" + b"".join(records + memories)
    yield "memory-only", b"\2" + b"".join(memories)
    yield "disorder", b"\2" + facts + b"".join(reversed(memories))
    yield "large-extents", b"\2" + facts + block(
        MEMORY, memory([(0x1000, words * 60), (1 << 63, (1 << 62))], 200), 0x1000, (3 << 62))
    yield "bad-table", b"\2" + facts + block(MEMORY, struct.pack("<Q", 1 << 60), 0, 1 << 40)
    yield "unsorted-mappings", b"\2" + facts + block(
        MAPPINGS, mapping(0x4000, 0x5000, "b") + mapping(0x1000, 0x2000, "a"))
    yield "index-in-the-way", b"\3" + facts + block(INDEX, b"\0" * 40) + memories[0]
    yield "file", b"\1" + b"\x8fdowse\r\n" + b"\0" * 100


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "corpus", "snapshot")
    os.makedirs(folder, exist_ok=True)
    for name, contents in seeds():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(contents)


if __name__ == "__main__":
    main()
