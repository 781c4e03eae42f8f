# SPDX-License-Identifier: Apache-2.0
"""A program that holds 1,000 marked secrets: none of them leaves it, unless it is asked for."""

import mmap
import os
import re
import subprocess
import tempfile
import unittest

from common import ask, build, dowse, program

SECRETS = 1000
UNPACK = os.environ.get("BUILD_DIR", "build") + "/test/snapshot/unpack"


def unpacked(file):
    """Every byte of the snapshot's blocks, decompressed."""
    return subprocess.run([UNPACK, file], stdout=subprocess.PIPE, check=True).stdout


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = build.build("1.26", "stripped", "keeper")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.target = program.Controlled([*command, "-secrets", str(SECRETS)])
        cls.addClassCleanup(cls.target.stop)
        cls.file = os.path.join(cls.folder.name, "shop.dowse")
        cls.data = os.path.join(cls.folder.name, "data.dowse")
        # Before the secrets are told to us, which copies them.
        cls.told = dowse("snapshot", cls.target.pid, "-o", cls.file)
        dowse("snapshot", cls.target.pid, "-o", cls.data, "--with-data")
        cls.answers = [dowse(*verb, target, "--format", form, status=None)
                       for target in (cls.target.pid, cls.file)
                       for verb in ([], ["goroutines"], ["info"]) for form in ("text", "json")]
        cls.secrets = [bytes.fromhex(line) for line in cls.target.ask("reveal").split()]

    def test_the_program_has_them(self):
        self.assertEqual(len(set(self.secrets)), SECRETS)
        self.assertTrue(all(len(one) == 29 for one in self.secrets))

    def test_none_in_a_snapshot(self):
        contents = unpacked(self.file)
        self.assertGreater(len(contents), 1 << 20)
        with open(self.file, "rb") as file:
            raw = file.read()
        found = [one for one in self.secrets if one in contents or one in raw]
        self.assertEqual(found, [])
        # Not the mark either, which the program puts together at run time.
        self.assertNotIn(b"DOWSE-SECRET-", contents)

    def test_none_in_memory_used_again(self):
        """Objects with pointers, and stacks, where strings were before: what is free is zeroes."""
        command = build.build("1.26", "stripped", "keeper")
        with program.Controlled([*command, "-secrets", "100000", "-goroutines", "3000"]) as target:
            file = os.path.join(self.folder.name, "used.dowse")
            dowse("snapshot", target.pid, "-o", file)
            found = re.findall(rb"DOWSE-SECRET-[0-9a-f]{16}", unpacked(file))
            self.assertEqual(found, [])

    def test_none_in_any_output(self):
        self.assertEqual(len(self.answers), 12)
        for answer in [*self.answers, self.told]:
            self.assertTrue(answer)
            self.assertEqual([one for one in self.secrets if one in answer], [])

    def test_all_of_them_with_data(self):
        contents = unpacked(self.data)
        missing = [one for one in self.secrets if one not in contents]
        self.assertEqual(missing, [])

    def test_cores(self):
        """An ELF core of dowse's own keeps them to itself, too."""
        for words, expected in ([], set()), (["--with-data"], set(self.secrets)):
            file = os.path.join(self.folder.name, "core")
            dowse("snapshot", self.target.pid, "--elf-core", "-o", file, *words)
            with open(file, "rb") as core, mmap.mmap(core.fileno(), 0, prot=mmap.PROT_READ) as all:
                found = set(re.findall(rb"DOWSE-SECRET-[0-9a-f]{16}", all))
            # Those that were told to us lie in a buffer of the same kind.
            self.assertEqual(found & set(self.secrets), expected)

    def test_it_says_so(self):
        self.assertIn(b"may hold secrets", self.told)
        said = ask("snapshot", self.file, "-o", self.file + ".again")
        self.assertFalse(said["snapshot"]["with_data"])
        self.assertGreater(said["snapshot"]["data_object_bytes"], 0)


if __name__ == "__main__":
    unittest.main()
