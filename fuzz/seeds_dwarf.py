#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_dwarf.py [FOLDER]: write the first inputs of the fuzz target for debug information,
small and well formed, into FOLDER (fuzz/corpus/dwarf): a unit of package runtime, and one of C."""

import os
import struct
import sys


def number(value):
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


# Names of attributes and forms, as in the standard.
NAME, SIZE, LANGUAGE, CONST, COUNT, LOCATION, TYPE = 0x03, 0x0B, 0x13, 0x1C, 0x37, 0x38, 0x49
KIND, DESCRIPTOR, ELEMENT = 0x2900, 0x2904, 0x2902
ADDR, BLOCK1 = 0x01, 0x0A
STRING, UDATA, SDATA, DATA1, REF_ADDR, STRP, IMPLICIT, EXPRLOC = 8, 0xF, 0xD, 0xB, 0x10, 0xE, 0x21, 0x18

ABBREVIATIONS = [  # code, tag, children, attributes
    (1, 0x11, 1, [(NAME, STRING), (LANGUAGE, DATA1)]),
    (2, 0x13, 1, [(NAME, STRING), (SIZE, UDATA)]),
    (3, 0x0D, 0, [(NAME, STRING), (LOCATION, UDATA), (TYPE, REF_ADDR)]),
    (4, 0x16, 0, [(NAME, STRING), (TYPE, REF_ADDR)]),
    (5, 0x24, 0, [(NAME, STRING), (SIZE, DATA1)]),
    (6, 0x01, 1, [(TYPE, REF_ADDR), (SIZE, UDATA)]),
    (7, 0x21, 0, [(COUNT, UDATA)]),
    (8, 0x27, 0, [(NAME, STRING), (CONST, SDATA)]),
    (9, 0x34, 0, [(NAME, STRING), (0x02, EXPRLOC), (TYPE, REF_ADDR)]),
    (10, 0x11, 0, [(NAME, STRP), (LANGUAGE, IMPLICIT)]),
    (11, 0x34, 0, [(NAME, STRING), (0x02, BLOCK1), (TYPE, REF_ADDR)]),
    (12, 0x13, 1, [(NAME, STRING), (SIZE, UDATA), (KIND, DATA1), (DESCRIPTOR, ADDR)]),
    (13, 0x0F, 0, [(NAME, STRING), (TYPE, REF_ADDR), (KIND, DATA1), (DESCRIPTOR, ADDR)]),
    (14, 0x2E, 1, [(NAME, STRING)]),
    (15, 0x13, 1, [(NAME, STRING), (SIZE, UDATA), (KIND, DATA1), (ELEMENT, REF_ADDR)]),
]


def abbreviations():
    table = b""
    for code, tag, children, attributes in ABBREVIATIONS:
        table += number(code) + number(tag) + bytes([children])
        for name, form in attributes:
            table += number(name) + number(form) + (b"\x1d" if form == IMPLICIT else b"")
        table += b"\0\0"
    return table + b"\0"


# Where a descriptor lies: behind the end of the table of abbreviations.
DESCRIPTOR_AT = len(abbreviations())


def unit(version, entries):
    header = struct.pack("<H", version)
    header += struct.pack("<BBI", 1, 8, 0) if version == 5 else struct.pack("<IB", 0, 8)
    return struct.pack("<I", len(header) + len(entries)) + header + entries


def text(name):
    return name.encode() + b"\0"


def runtime(version):
    start = 4 + (8 if version == 5 else 7)
    root = b"\x01" + text("runtime") + b"\x16"
    word = start + len(root)
    entries = root + b"\x05" + text("uint64") + b"\x08"
    ref = struct.Struct("<I").pack
    gobuf = start + len(entries)
    entries += b"\x02" + text("runtime.gobuf") + number(48)
    for name, offset in (("sp", 0), ("pc", 8), ("ctxt", 24)):
        entries += b"\x03" + text(name) + number(offset) + ref(word)
    entries += b"\0"
    alias = start + len(entries)
    entries += b"\x04" + text("alias") + ref(gobuf)
    entries += b"\x02" + text("runtime.g") + number(400)
    for name, offset, kind in (("goid", 152, word), ("sched", 56, alias)):
        entries += b"\x03" + text(name) + number(offset) + ref(kind)
    entries += b"\0"
    array = start + len(entries)
    entries += b"\x06" + ref(gobuf) + number(251 * 64) + b"\x07" + number(251) + b"\0"
    entries += b"\x09" + text("runtime.semtable") + b"\x01\x9c" + ref(array)
    entries += b"\x08" + text("runtime._Gwaiting") + b"\x04"
    entries += variables(start + len(entries), array, word)
    return unit(version, entries + b"\0")


# A descriptor as 1.26 has it: of a struct of 48 bytes without fields or name.
DESCRIPTOR_BYTES = struct.pack("<QQIBBBBQQii", 48, 8, 0, 0, 8, 8, 25, 0, 0, 0, 0)
DESCRIPTOR_BYTES += bytes(8) + struct.pack("<QQQ", 0x414000, 2, 2)


# A word of data that refers to data: the descriptor's last 24 bytes are one, and a slice's rest.
POINTER_AT = 0x400000 + DESCRIPTOR_AT + len(DESCRIPTOR_BYTES) - 24


def variables(start, array, word):
    """Entries from `start` on: a function to be passed over, types, and variables of them."""
    ref = struct.Struct("<I").pack
    entries = b"\x0e" + text("main.main") + b"\x09" + text("local") + b"\x01\x9c" + ref(array)
    entries += b"\0"
    node = start + len(entries)
    entries += b"\x0c" + text("struct {}") + number(48) + b"\x19"
    # Behind the abbreviations, the unit's header and its root's name.
    entries += struct.pack("<Q", DESCRIPTOR_AT)
    entries += b"\x03" + text("first") + number(0) + ref(word) + b"\0"
    pointer = start + len(entries)
    entries += b"\x0d" + text("*main.node") + ref(node) + b"\x16" + bytes(8)
    slice_ = start + len(entries)
    entries += b"\x0f" + text("[]main.node") + number(24) + b"\x17" + ref(node)
    entries += b"\x03" + text("array") + number(0) + ref(pointer)
    entries += b"\x03" + text("len") + number(8) + ref(word) + b"\0"
    for name, address, kind in (("main.node", 0x410000, node), ("main.pointer", POINTER_AT, pointer),
                                ("main.slice", POINTER_AT, slice_), ("main.table", 0x418000, array)):
        entries += b"\x0b" + text(name) + b"\x09\x03" + struct.pack("<Q", address) + ref(kind)
    return entries


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "corpus", "dwarf")
    os.makedirs(folder, exist_ok=True)
    table = abbreviations() + DESCRIPTOR_BYTES
    for version in (4, 5):
        foreign = unit(version, b"\x0a" + struct.pack("<I", len(table) - 1))
        with open(os.path.join(folder, f"version-{version}"), "wb") as file:
            file.write(struct.pack("<H", len(table)) + table + runtime(version) + foreign)


if __name__ == "__main__":
    main()
