# SPDX-License-Identifier: Apache-2.0
"""
The addresses of the runtime's globals, against the symbol table that binutils reads: in a program
that has one, and in its twin without, where the addresses come out of the machine code.
"""

import unittest

import probes

# Each of the nine releases in the ways that people build; the slower ones in three of them.
MATRIX = [(release, variant) for release in probes.RELEASES
          for variant in ("plain", "pie", "trimpath", "cgo")]
MATRIX += [(release, variant) for release in ("1.19", "1.24", "1.27")
           for variant in ("cgo-pie", "race", "noopt")]
GLOBALS = 13


def seen(probe, path):
    """By dowse, as addresses of the file."""
    found = probes.dowse_json("doctor", probe.pid)["runtime"]
    if found["problem"]:
        raise AssertionError(found["problem"])
    offset = probes.bias(probe.pid, path)
    return {name: address and int(address, 16) - offset
            for name, address in found["globals"].items()}


class Globals(unittest.TestCase):
    def check(self, path, truth):
        with probes.Probe(path) as probe:
            found = seen(probe, path)
            self.assertEqual(GLOBALS, len(found))
            self.assertEqual({name: truth[name] for name in found}, found)
            # A goroutine more, a collection more: it may be found at any moment.
            probe.ask("gc")
            self.assertEqual({name: truth[name] for name in found}, seen(probe, path))

    def test_with_and_without_symbols(self):
        for release, variant in MATRIX:
            with self.subTest(release=release, variant=variant):
                whole = probes.make(release, variant, False)
                stripped = probes.make(release, variant, True)
                truth = probes.symbols(whole)
                self.check(whole, truth)
                self.assertEqual(probes.segments(whole, True), probes.segments(stripped, True),
                                 "the twins' data is not laid out alike")
                self.assertNotIn("runtime.allgs", probes.symbols(stripped))
                self.check(stripped, truth)

    def test_before_any_collection_and_with_odd_settings(self):
        path = probes.make("1.26", "plain", True)
        truth = probes.symbols(probes.make("1.26", "plain", False))
        for settings in ({"gogc": -1}, {"gogc": 7}, {"goroutines": 5000}, {"nodes": 1}):
            with self.subTest(**settings), probes.Probe(path, **settings) as probe:
                found = seen(probe, path)
                self.assertEqual({name: truth[name] for name in found}, found)
