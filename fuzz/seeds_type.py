#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_type.py: write small, well-formed types for fuzz/type.c: a moduledata, the list of its types, and one type of
each kind that has others in it."""

import os
import struct

BASE = 0x400000 + 64 + 56  # of an image whose headers lie before
MODULE_SIZE = 640
FLAG_UNCOMMON, FLAG_STAR, FLAG_NAMED = 1, 2, 4


def name(text, flags=1):
    return bytes([flags, len(text)]) + text.encode()


class Types:
    """Types one behind the other, behind a moduledata."""

    def __init__(self):
        self.bytes = bytearray(MODULE_SIZE + 8)
        self.offsets = []

    def put(self, piece):
        self.bytes += b"\0" * (-len(self.bytes) % 8)
        at = len(self.bytes)
        self.bytes += piece
        return at

    def type(self, kind, text, rest=b"", tail=b"", flags=0, size=8):
        string = self.put(name(text))
        at = self.put(struct.pack("<QQIBBBBQQii", size, size, 0x1234, flags, 8, 8, kind, 0, 0,
                                  string, 0) + rest + tail)
        self.offsets.append(at)
        return BASE + at

    def finish(self, typelinks):
        links = self.put(struct.pack("<%di" % len(self.offsets), *sorted(self.offsets)))
        struct.pack_into("<QQQ", self.bytes, typelinks, BASE + links, len(self.offsets),
                         len(self.offsets))
        return bytes(self.bytes)


def listed(typelinks):
    types = Types()
    package = types.put(name("example.org/shop"))
    number = types.type(2, "*int", flags=FLAG_STAR | FLAG_NAMED)
    pointer = types.type(22, "*int", struct.pack("<Q", number))
    types.type(17, "[3]*int", struct.pack("<QQQ", pointer, number, 3), size=24)
    types.type(18, "chan int", struct.pack("<QQ", number, 3))
    types.type(23, "[]int", struct.pack("<Q", number), size=24)
    types.type(21, "map[int]*int", struct.pack("<QQQ", number, pointer, number) + bytes(64))
    types.type(19, "func(int) *int", struct.pack("<HHI", 1, 1, 0),
               struct.pack("<QQ", number, pointer))
    fields = types.put(struct.pack("<QQQQQQ", BASE + types.put(name("Key")), number, 0,
                                   BASE + types.put(name("next", 8)), pointer, 8))
    types.type(25, "*shop.Node", struct.pack("<QQQQ", 0, BASE + fields, 2, 2),
               struct.pack("<iHHII", package, 0, 0, 16, 0), size=16,
               flags=FLAG_UNCOMMON | FLAG_STAR | FLAG_NAMED)
    return types.finish(typelinks)


def end_to_end():
    """As from 1.27 on: behind one word, without a list."""
    types = bytearray(MODULE_SIZE)
    types[0:8] = bytes(8)
    one = struct.pack("<QQIBBBBQQii", 8, 0, 1, FLAG_NAMED, 8, 8, 2, 0, 0, 600, 0)
    types[8:56] = one
    types[56:112] = one[:23] + bytes([22]) + one[24:] + struct.pack("<Q", BASE + 8)
    struct.pack_into("<Q", types, 304, 112)
    types[600:606] = name("*int")
    return bytes(types)


def inputs():
    return {
        "1.19": b"\0\0" + listed(336),
        "1.26": b"\2\1" + listed(360),
        "1.27": b"\3\1" + end_to_end(),
    }


def main():
    folder = os.path.join(os.path.dirname(__file__), "corpus", "type")
    os.makedirs(folder, exist_ok=True)
    for file_name, content in inputs().items():
        with open(os.path.join(folder, file_name), "wb") as file:
            file.write(content)
        print("%5d %s" % (len(content), file_name))


if __name__ == "__main__":
    main()
