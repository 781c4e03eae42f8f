#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_runtime.py: write lists of changes for fuzz/runtime.c and heap.c, one of each way."""

import os
import struct


def change(read, word, how, small=0, value=0):
    return struct.pack("<HHBBH", read, word, how, small, value)


def write(folder, seeds):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", folder)
    os.makedirs(folder, exist_ok=True)
    for name, content in seeds.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def main():
    seeds = {
        "none": b"",
        "reopened": b"\0",
        "numbers": b"".join(change(i * 7, i, 0, i) for i in range(8)),
        "bits": b"".join(change(i * 11, i * 3, 1, i * 5) for i in range(8)),
        "crossed": b"".join(change(i * 13, i, 2, i + 1, i * 17) for i in range(8)),
        "moved": b"".join(change(i * 19, i * 2, 3, 0, 8 * i) for i in range(8)),
        "layout": b"".join(change(0, i * 23, 7, i, 64 * i) for i in range(3)),
    }
    write("runtime", seeds)
    seeds["types"] = b"".join(change(i % 4, i * 3089, 6 + 8 * i, i * 3, i * 29) for i in range(20)) + b"\0"
    seeds["many"] = b"".join(change(i * 1009, i * 31, i, i, i * 127) for i in range(24))
    write("heap", seeds)


if __name__ == "__main__":
    main()
