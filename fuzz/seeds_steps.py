#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fuzz/seeds_steps.py: write machine code for fuzz/steps.c: functions that lock, send and select, as
the compiler would have them do."""

import os
import struct
import sys

# As in fuzz/steps.c.
NAMES = ["f", "Lock", "Unlock", "lockSlow", "unlockSlow", "RLock", "rUnlockSlow", "chansend1",
         "selectgo", "closechan", "newobject", "panicIndex"]


def assemble(*pieces):
    """Bytes as hexadecimal digits, and names of functions that are called."""
    size = sum(5 if piece in NAMES else len(bytes.fromhex(piece)) for piece in pieces)
    first, code = (size + 15) // 16 * 16, b""
    for piece in pieces:
        if piece in NAMES:
            target = first + (NAMES.index(piece) - 1) * 16
            code += b"\xe8" + struct.pack("<i", target - len(code) - 5)
        else:
            code += bytes.fromhex(piece)
    return code


ENTER = "55 4889e5 4883ec40"  # push rbp; mov rbp, rsp; sub rsp, 64
LEAVE = "4883c440 5d c3"

SEEDS = {
    # mov [rsp+0x50], rax; lea rax, [rax+8]; Lock; mov rax, [rsp+0x50]; lea rax, [rax+8]; Unlock
    "lock": assemble(ENTER, "4889442450 488d4008", "Lock", "488b442450 488d4008", "Unlock", LEAVE),
    # xor ecx, ecx; mov edx, 1; xchg; lock cmpxchg [rax], edx; je; lockSlow
    "inlined": assemble(ENTER, "4889c3 31c0 ba01000000 f00fb113 7408 4889d8", "lockSlow",
                        "b9ffffffff f00fc10b 7408 4889d8", "unlockSlow", LEAVE),
    # mov rax, [rax+16]; lea rbx, [rsp+0x10]; chansend1
    "send": assemble(ENTER, "488b4010 488d5c2410", "chansend1", LEAVE),
    # a closure's variable: mov rax, [rdx+8]; closechan
    "close": assemble(ENTER, "488b4208", "closechan", LEAVE),
    # two cases on the stack: one sends
    "select": assemble(ENTER, "4889442410 48895c2420 488d442410 488d5c2430 31c9 bf01000000 "
                       "be01000000", "selectgo", LEAVE),
    # a loop, a switch through a table, a trap
    "branches": assemble(ENTER, "4885c0 7402 ebf9 4883f803 7709 488d0d00000000 ff24c1",
                         "panicIndex", "0f0b", LEAVE),
    "read_lock": assemble(ENTER, "4889442450", "RLock", "488b442450", "newobject", "488b442450 "
                          "b9ffffffff f00fc14810 85c9 7905", "rUnlockSlow", LEAVE),
}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "corpus")
    folder = os.path.join(folder, "steps")
    os.makedirs(folder, exist_ok=True)
    for name, code in SEEDS.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(code)


if __name__ == "__main__":
    main()
