#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds.py [FOLDER]: write the first inputs of the fuzz targets for executables, small and
well formed, into FOLDER (fuzz/corpus). Whatever a fuzzer finds lies beside them."""

import os
import struct
import sys
import zlib


def varint(value):
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7f | 0x80])
        value >>= 7
    return encoded + bytes([value])


def values(*pairs):
    """A table by pc: (value, length of its range) pairs."""
    encoded, before = b"", -1
    for value, length in pairs:
        delta = value - before
        encoded += varint(delta << 1 if delta >= 0 else (~delta << 1) | 1) + varint(length)
        before = value
    return encoded + b"\0"


def function_table(old):
    """Two functions; the second has another one inlined. The inline tree lies in the padding."""
    names = b"\0main.main\0main.outer\0main.inner\0"
    files = b"main.go\0inner.go\0"
    units = struct.pack("<II", 0, 8)
    tables = b"\0"
    spots = []
    for table in (values((0, 4), (24, 28)), values((0, 32)), values((0, 8), (1, 8), (0, 16)),
                  values((10, 16), (11, 16)), values((20, 8), (5, 8), (22, 16)),
                  values((-1, 8), (0, 8), (-1, 16))):
        spots.append(len(tables))
        tables += table
    sp, one_file, two_files, lines, more_lines, inlined = spots
    if old:
        tree = struct.pack("<hBxiiii", -1, 0, 1, 5, names.index(b"main.inner"), 7)
    else:
        tree = struct.pack("<Bxxxiii", 0, names.index(b"main.inner"), 7, 4)

    header_size = 72
    parts, at = [], header_size + len(tree)
    for part in (names, units, files, tables):
        part += b"\0" * (-len(part) % 8)
        parts.append((at, part))
        at += len(part)
    functab_size = 2 * 8 + 4 + 4

    def record(entry, name, file, line, pcdata, funcdata):
        start = b"" if old else struct.pack("<i", 3)
        head = struct.pack("<IiiIIIIII", entry, names.index(name), 8, 0, sp, file, line,
                           len(pcdata), 0) + start + struct.pack("<BBBB", 0, 0, 0, len(funcdata))
        return head + struct.pack("<%dI" % (len(pcdata) + len(funcdata)), *pcdata, *funcdata)

    none = 0xffffffff
    first = record(0, b"main.main", one_file, lines, [], [])
    second = record(32, b"main.outer", two_files, more_lines, [0, 0, inlined],
                    [none, none, none, header_size])
    functab = struct.pack("<IIIIII", 0, functab_size, 32, functab_size + len(first), 64, 0)
    magic = 0xfffffff0 if old else 0xfffffff1
    header = struct.pack("<IHBBQQQQQQQQ", magic, 0, 1, 8, 2, 2, 0x401000,
                         *[offset for offset, _ in parts], at)
    return header + tree + b"".join(part for _, part in parts) + functab + first + second


def build_text(lines):
    frame = b"0123456789abcdef"
    return frame + "".join(line + "\n" for line in lines).encode() + frame


def inline_build_info(lines):
    release, text = b"go1.26.8", build_text(lines)
    return b"\x02" + b"\0" * 16 + varint(len(release)) + release + varint(len(text)) + text


LINES = [
    "path\texample.com/shop",
    "mod\texample.com/shop\t(devel)\t",
    "dep\tgolang.org/x/sys\tv0.1.0\th1:abc=",
    "=>\t../sys\t\t",
    'build\t-ldflags="-s -w -X \\"main.v=a b\\""',
    "build\tCGO_ENABLED=0",
    'build\t"odd key"=`as it stands`',
]


def pad(data, size):
    assert len(data) <= size
    return data + b"\0" * (size - len(data))


def executable(sections=True):
    """Two segments, and sections: symbols, notes, a compressed one, build information."""
    base = 0x400000
    names = b"\0.text\0.symtab\0.strtab\0.note.go.buildid\0.debug_info\0.go.buildinfo\0.shstrtab\0"
    strings = b"\0main\0runtime.allgs\0"
    symbols = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    symbols += struct.pack("<IBBHQQ", 1, 0x12, 0, 1, base + 0x200, 16)
    symbols += struct.pack("<IBBHQQ", 6, 0x11, 0, 1, base + 0x300, 24)
    note = struct.pack("<III", 4, 8, 4) + b"Go\0\0" + b"abcd/efg"
    inside = b"debug information, repeated. " * 9
    packed = struct.pack("<IIQQ", 1, 0, len(inside), 1) + zlib.compress(inside)
    info = b"\xff Go buildinf:\x08" + inline_build_info(LINES[:3])
    contents = [("", b""), (".text", b"\x90" * 32 + b"\xc3" * 16), (".symtab", symbols),
                (".strtab", strings), (".note.go.buildid", note), (".debug_info", packed),
                (".go.buildinfo", info), (".shstrtab", names)]
    at, placed = 64 + 3 * 56, []
    for name, content in contents:
        at += -at % 16
        placed.append((name, at, content))
        at += len(content)
    table = b""
    for name, offset, content in placed:
        kind = {"": 0, ".symtab": 2, ".strtab": 3, ".shstrtab": 3, ".note.go.buildid": 7}.get(name, 1)
        flags = 0x800 if name == ".debug_info" else 2
        table += struct.pack("<IIQQQQIIQQ", names.index(name.encode() + b"\0"), kind, flags,
                             base + offset, offset, len(content), 3 if name == ".symtab" else 0,
                             0, 8, 24 if name == ".symtab" else 0)
    at += -at % 16
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, base + 0x200, 64, at if sections else 0, 0, 64, 56, 3, 64,
        len(contents) if sections else 0, len(contents) - 1 if sections else 0)
    note_at = next(offset for name, offset, _ in placed if name == ".note.go.buildid")
    segments = b"".join(struct.pack("<IIQQQQQQ", *fields) for fields in (
        (1, 5, 0, base, base, at, at, 4096),
        (1, 6, 0, base + 0x10000, base + 0x10000, at, at + 64, 4096),
        (4, 4, note_at, base + note_at, base + note_at, len(note), len(note), 4)))
    body = header + segments
    for _, offset, content in placed:
        body = pad(body, offset) + content
    return pad(body, at) + (table if sections else b"")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "corpus")
    seeds = {
        "elf/sections": executable(),
        "elf/segments-alone": executable(sections=False),
        "pclntab/1.19": function_table(old=True),
        "pclntab/1.20": function_table(old=False),
        "build_info/inline": inline_build_info(LINES),
        "build_info/pointers": b"\0" + struct.pack("<QQ", 0x400000 + 128 + 32, 0) +
                               struct.pack("<QQ", 0x400000 + 176, 7) + b"go1.17\0",
    }
    for name, content in seeds.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        print("%5d %s" % (len(content), name))


if __name__ == "__main__":
    main()
