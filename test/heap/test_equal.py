# SPDX-License-Identifier: Apache-2.0
"""
A process that stands still, its core and its snapshot: all three have the same heap. A snapshot holds
no debug information, so it knows of a program with symbols what it would know of the stripped one.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import looking
from looking import build

sys.path.insert(0, str(looking.HERE.parent / "cores"))
import making  # noqa: E402

RELEASES = ["1.19", "1.23", "1.26", "1.27"]


class Equal(unittest.TestCase):
    def judge(self, release, variant, name):
        package, arguments, _ = looking.CASES[name]
        command = build.build(release, variant, package) + arguments
        with tempfile.TemporaryDirectory(prefix="dowse-heap-") as folder, \
                making.Moment(command, Path(folder) / "one") as moment:
            live = looking.heap(moment.pid)
            self.assertGreater(live["heap"]["typed_bytes"], live["heap"]["reachable_bytes"] // 2)
            self.assertGreater(live["heap"]["reachable_objects"], 1000)
            self.same(live, looking.heap(moment.pid), "again")
            snapshot = Path(folder) / "snapshot"
            looking.dowse("snapshot", moment.pid, "-o", snapshot)
            self.same(self.without_made_names(live), looking.heap(snapshot), "snapshot",
                      variant == "stripped")
            self.same(looking.heap(moment.pid), looking.heap(moment.gcore()), "core")

    def without_made_names(self, answer):
        """
        The names of the fields of a type that reflection has made are bytes of a string, and a
        snapshot has none of these: there it is called "struct".
        """
        made = {"struct { Number int; Target *main.Made; Many [90]*main.Made }": "struct"}
        rows = [{**row, "type": made.get(row["type"], row["type"])} for row in answer["types"]]
        return {**answer, "types": rows}

    def same(self, one, other, what, types=True):
        if not types:
            for answer in (one, other):
                answer["heap"] = {**answer["heap"], "typed_bytes": None}
        self.assertEqual(one["heap"], other["heap"], what)
        if not types:
            return
        rows = [sorted((row["type"] or "", row.get("size_class") or 0, row.get("pointers") or 0,
                        row["count"], row["bytes"], row["retained"]) for row in answer["types"])
                for answer in (one, other)]
        self.assertEqual([r for r in rows[0] if r not in rows[1]],
                         [r for r in rows[1] if r not in rows[0]], what)


def add(release, variant, name):
    setattr(Equal, f"test_{name}_{variant}_{release.replace('.', '_')}",
            lambda self: self.judge(release, variant, name))


for one_release in RELEASES:
    add(one_release, "plain", "edifice")
add("1.19", "stripped", "edifice")
add("1.27", "stripped", "edifice")
add("1.26", "stripped", "zoo")

if __name__ == "__main__":
    unittest.main()
