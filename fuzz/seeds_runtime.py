#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_runtime.py: write lists of changes for fuzz/runtime.c, one of each way."""

import os
import struct


def change(read, word, how, small=0, value=0):
    return struct.pack("<HHBBH", read, word, how, small, value)


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "runtime")
    os.makedirs(folder, exist_ok=True)
    seeds = {
        "none": b"",
        "reopened": b"\0",
        "numbers": b"".join(change(i * 7, i, 0, i) for i in range(8)),
        "bits": b"".join(change(i * 11, i * 3, 1, i * 5) for i in range(8)),
        "crossed": b"".join(change(i * 13, i, 2, i + 1, i * 17) for i in range(8)),
        "moved": b"".join(change(i * 19, i * 2, 3, 0, 8 * i) for i in range(8)),
        "layout": b"".join(change(0, i * 23, 7, i, 64 * i) for i in range(3)),
    }
    for name, content in seeds.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
