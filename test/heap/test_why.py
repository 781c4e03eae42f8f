# SPDX-License-Identifier: Apache-2.0
"""`dowse why`, `objects` and `show` against what a program knows of its own fields."""

import json
import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import looking
from looking import build

sys.path.insert(0, str(looking.HERE.parent / "cores"))
import making  # noqa: E402

DOWSE = os.environ.get("DOWSE", "build/dowse")
RELEASE = os.environ.get("DOWSE_TEST_RELEASE", "1.26")


def ask(*words, status=0):
    for left in range(9, -1, -1):
        answer = subprocess.run([DOWSE, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        # A loaded machine may have to be asked again.
        if not left or b"did not stop within" not in answer.stderr:
            break
        time.sleep(0.3)
    if answer.returncode != status:
        raise AssertionError(f"{words}: status {answer.returncode}, not {status}: {answer.stderr}")
    return answer


def document(*words):
    return json.loads(ask(*words, "--format", "json").stdout)


def single(number):
    """As a float32 has it."""
    return struct.unpack("f", struct.pack("f", number))[0]


class Ledger(unittest.TestCase):
    """One process that stands still, and files of that moment, for all tests."""

    pid = None
    names = ("pid", "core")  # those that have symbols and debug information

    @classmethod
    def setUpClass(cls):
        if not Ledger.pid:
            Ledger.begin()

    @staticmethod
    def begin():
        folder = tempfile.TemporaryDirectory(prefix="dowse-why-")
        unittest.addModuleCleanup(folder.cleanup)
        moment = making.Moment(build.build(RELEASE, "plain", "ledger"), Path(folder.name) / "one",
                               collect=False)
        unittest.addModuleCleanup(moment.program.stop)
        # It answers once more, and then stands still again.
        os.kill(moment.pid, signal.SIGCONT)
        Ledger.truth = json.loads(moment.program.ask("truth"))
        os.kill(moment.pid, signal.SIGSTOP)
        making.stopped(moment.pid)
        Ledger.pid = moment.pid
        Ledger.bare, Ledger.full = Path(folder.name) / "bare", Path(folder.name) / "full"
        ask("snapshot", moment.pid, "-o", Ledger.bare)
        ask("snapshot", moment.pid, "-o", Ledger.full, "--with-data")
        Ledger.core = moment.gcore()
        Ledger.entries = {entry["address"]: entry for entry in Ledger.truth["entries"]}

    def everywhere(self):
        return [(name, getattr(self, name)) for name in ("pid", "bare", "full", "core")]


class Show(Ledger):
    def fields(self, target, address, *words):
        shown = document("show", target, address, *words)
        self.assertEqual(shown["found"], "object")
        return shown["object"], {field["field"]: field for field in shown["object"]["fields"]}

    def judge(self, entry, target, data, bare=False):
        whole, fields = self.fields(target, entry["address"], *(["--data"] if data else []))
        self.assertEqual((whole["type"], whole["size"]), ("main.Entry", self.truth["size"]))
        self.assertTrue(whole["reachable"])
        for name in ("id", "balance", "open", "ratio"):
            self.assertEqual(fields["." + name]["value"], entry[name], name)
        self.assertTrue(math.isclose(fields[".share"]["value"], single(entry["share"]),
                                     rel_tol=1e-9))
        self.assertEqual(fields[".turn"]["value"], entry["turn"])
        self.assertEqual(fields[".inner.small"]["value"], entry["small"])
        self.assertEqual(fields[".inner.large"]["value"], entry["large"])
        self.assertEqual(fields[".name"]["length"], len(entry["name"]))
        self.assertEqual((fields[".tags"]["length"], fields[".tags"]["capacity"]),
                         (entry["tags"], entry["tags_room"]))
        self.assertEqual((fields[".raw"]["length"], fields[".raw"]["capacity"]),
                         (entry["raw"], entry["raw_room"]))
        self.assertEqual((fields[".counts"]["length"], fields[".counts"]["nil"]),
                         (entry["counts"], entry["no_counts"]))
        queue = (fields[".queue"]["length"], fields[".queue"]["capacity"])
        # A channel of numbers has no pointers.
        if not bare or queue != (None, None):
            self.assertEqual(queue, (entry["queue"], entry["queue_room"]))
        self.assertEqual(fields[".queue"]["nil"], entry["no_queue"])
        # Nor has what a function with a number has captured.
        if not bare or fields[".visit"]["dynamic"]:
            self.assertEqual(fields[".visit"]["dynamic"],
                             "main.visitor.func1" if entry["visits"] else None)
        self.assertEqual(fields[".kind"]["dynamic"],
                         {"debit": "main.Debit", "credit": "main.Credit"}[entry["kind"]])
        to = fields[".next"]["to"]
        self.assertEqual(to["address"] if to else "", entry["next"])
        if data:
            self.assertEqual([fields[f".pair[{i}]"]["value"] for i in range(2)], entry["pair"])
        else:
            self.assertEqual(fields[".pair"]["length"], 2)
            self.assertTrue(all(field["data"] is None for field in whole["fields"]))
        return fields

    def test_fields(self):
        for name, target in self.everywhere():
            for id in (0, 1, 8, 199):
                with self.subTest(name, id=id):
                    self.judge(self.truth["entries"][id], target, False, name == "bare")

    def test_data(self):
        for target in (self.pid, self.full, self.core):
            entry = self.truth["entries"][8]
            self.assertEqual(self.judge(entry, target, True)[".name"]["data"], entry["name"])

    def test_secrets(self):
        """Without --data nothing of a string is told, and with it no terminal is moved."""
        address = self.truth["entries"][9]["address"]
        self.assertNotIn(b"entry", ask("show", self.pid, address).stdout)
        shown = ask("show", self.pid, address, "--data").stdout
        self.assertIn(b"entry", shown)
        self.assertNotIn(b"\x1b", shown)

    def test_plain(self):
        """No pointers: a snapshot has its bytes only if asked for."""
        for plain in (self.truth["plains"][0], self.truth["plains"][150]):
            for target in (self.pid, self.full, self.core):
                whole, fields = self.fields(target, plain["address"], "--data")
                self.assertEqual(whole["type"], "main.Plain")
                self.assertEqual(fields[".number"]["value"], plain["number"])
                self.assertEqual(fields[".flag"]["value"], plain["flag"])
                self.assertEqual([fields[f".sizes[{i}]"]["value"] for i in range(3)],
                                 plain["sizes"])
            whole, fields = self.fields(self.bare, plain["address"])
            self.assertFalse(whole["readable"])
            self.assertEqual((fields[".number"]["known"], fields[".number"]["value"]),
                             (False, None))
            self.assertIn(b"--with-data", ask("show", self.bare, plain["address"]).stdout)

    def test_holders(self):
        for name, target in self.everywhere():
            whole, _ = self.fields(target, self.truth["entries"][5]["address"])
            told = sorted((holder["type"], holder["field"]) for holder in whole["holders"])
            self.assertEqual(told, [("main.Entry", ".inner.last"), ("main.Entry", ".next"),
                                    ("map[int]*main.Entry", "[value]")])
            self.assertEqual(whole["holder_count"], 3)

    def test_interior(self):
        address = int(self.truth["entries"][5]["address"], 16)
        whole, _ = self.fields(self.pid, hex(address + 13))
        self.assertEqual(int(whole["address"], 16), address)

    def test_elsewhere(self):
        for address in ("0x0", "0x1", "0xffffffffffffffff", "0x7fffffffffff", "0xdeadbeef"):
            answer = document("show", self.pid, address)
            self.assertIn((answer["found"], answer["object"]), [("outside", None)])
            self.assertEqual(len(ask("show", self.pid, address).stdout.splitlines()), 1)

    def test_wrong(self):
        for address in ("", "0x", "12", "0xg", "0x1 2", "main.Entry", "0x10000000000000000",
                        "\x1b[31m"):
            errors = ask("show", self.pid, address, status=2).stderr
            self.assertEqual(len(errors.splitlines()), 1)
            self.assertNotIn(b"\x1b", errors)


class Objects(Ledger):
    def list(self, target, type, condition=None, *words):
        where = ["--where", condition] if condition is not None else []
        return document("objects", target, "--type", type, "-n", 100000, *where, *words)

    def judge(self, target, condition, holds):
        answer = self.list(target, "Entry", condition)
        told = {one["address"] for one in answer["objects"]}
        known = {address for address, entry in self.entries.items() if holds(entry)}
        self.assertEqual(told, known, condition)
        self.assertEqual((answer["count"], answer["matched"], answer["unreadable"]),
                         (len(self.entries), len(known), 0))

    def test_conditions(self):
        some = {
            "id >= 150": lambda e: e["id"] >= 150,
            "150<=id": lambda e: e["id"] >= 150,
            "balance < -0x64": lambda e: e["balance"] < -100,
            "balance==-500": lambda e: e["balance"] == -500,
            "open": lambda e: e["open"],
            "!open": lambda e: not e["open"],
            "open == false && id != 7": lambda e: not e["open"] and e["id"] != 7,
            "len(name) > 16": lambda e: len(e["name"]) > 16,
            "len(tags) == 3": lambda e: e["tags"] == 3,
            "cap(raw) >= 2 * len(raw) && raw != nil": lambda e: e["raw_room"] > 0,
            "cap(tags) > len(tags)": lambda e: e["tags_room"] > e["tags"],
            "counts == nil": lambda e: e["no_counts"],
            "len(counts) == 0": lambda e: e["counts"] == 0,
            "len(counts) > 100": lambda e: e["counts"] > 100,
            "len(queue) >= 20 && cap(queue) <= 61": lambda e: e["queue"] >= 20 and
            e["queue_room"] <= 61,
            "queue != nil": lambda e: not e["no_queue"],
            "next.next.id == 17": lambda e: e["id"] == 19,
            "inner.last.inner.small == -5": lambda e: (e["id"] - 1) % 100 == 5 and e["id"],
            "inner.small < 0": lambda e: e["small"] < 0,
            "inner.large > 0xffffffffffffffc0": lambda e: e["large"] > 0xffffffffffffffc0,
            "pair[1] == 65535 && pair[0] == 44": lambda e: e["id"] == 44,
            "len(pair) == 2": lambda e: True,
            "next == nil": lambda e: not e["next"],
            "visit == nil": lambda e: not e["visits"],
            "kind == nil": lambda e: False,
        }
        for condition, holds in some.items():
            self.judge(self.pid, condition, holds)
        for target in (self.bare, self.full, self.core):
            for condition in ("len(counts) > 100", "next.next.id == 17", "open"):
                self.judge(target, condition, some[condition])

    def test_plain(self):
        known = {one["address"] for one in self.truth["plains"] if one["number"] > 3}
        for target in (self.pid, self.full, self.core):
            answer = self.list(target, "main.Plain", "number > 3")
            self.assertEqual({one["address"] for one in answer["objects"]}, known)
        answer = self.list(self.bare, "main.Plain", "number > 3")
        self.assertEqual((answer["matched"], answer["unreadable"]), (0, 200))

    def test_order(self):
        rows = self.list(self.pid, "main.Entry")["objects"]
        self.assertEqual(rows, sorted(rows, key=lambda one: (-one["retained"],
                                                             int(one["address"], 16))))
        rows = self.list(self.pid, "main.Entry", None, "--sort", "address")["objects"]
        addresses = [int(one["address"], 16) for one in rows]
        self.assertEqual(addresses, sorted(int(one, 16) for one in self.entries))
        self.assertEqual({one["holder"] and one["holder"]["name"] for one in rows},
                         {None})  # a goroutine has the last one, too, and so all
        short = document("objects", self.pid, "--type", "Entry", "-n", 3, "--sort", "address")
        self.assertEqual([one["address"] for one in short["objects"]],
                         [one["address"] for one in rows[:3]])
        self.assertEqual(short["matched"], 200)

    def test_the_first_ones(self):
        """A short list is where the long one begins."""
        for order in ("retained", "bytes", "address"):
            for kind in ("main.Entry", "string"):
                words = ("objects", self.full, "--type", kind, "--sort", order)
                rows = document(*words, "--limit", 1000000)["objects"]
                for count in (0, 1, 2, 3, 7, 64, len(rows) - 1, len(rows), len(rows) + 1):
                    short = document(*words, "--limit", count)
                    self.assertEqual(short["matched"], len(rows))
                    self.assertEqual(short["objects"], rows[:count], (order, kind, count))

    def test_containers(self):
        answer = self.list(self.pid, "map[int]*main.Entry", "len(.) == 200")
        self.assertEqual(answer["matched"], 1)
        answer = self.list(self.pid, "chan int", "cap(.) == 9 && len(.) == 4")
        self.assertEqual(answer["matched"], 1)

    def test_wrong(self):
        for condition in ("", " ", "id", "id =", "id == ", "id == nil", "next < nil", "nothing == 1",
                          "id == 1 &", "id == 1 && ", "== 1", "id == 99999999999999999999",
                          "pair[2] == 1", "pair[-1] == 1", "pair[", "len(id) == 1", "cap(name) > 1",
                          "len name", "len(", "len()", "id.id == 1", "name == 1", "ratio == 1",
                          "next == next", "id == 1 || id == 2", "(id == 1)", "id == 1 id == 2",
                          "\x1b[31m", "id == \x1b[31m", "9999999999999*id == 3", "!", "!id",
                          ". == 1", "a" * 5000, "id" + ".id" * 500):
            errors = ask("objects", self.pid, "--type", "Entry", "--where", condition,
                         status=2).stderr
            self.assertEqual(len(errors.splitlines()), 1, condition)
            self.assertIn(b"--where", errors)
            self.assertNotIn(b"\x1b", errors)
        errors = ask("objects", self.pid, "--type", "Entry", "--where", "nothing == 1",
                     status=2).stderr
        self.assertIn(b"character 1: main.Entry has no field 'nothing'; it has id, balance", errors)
        ask("objects", self.pid, status=2)
        ask("objects", self.pid, "--type", "Entry", "--sort", "size", status=2)
        ask("objects", self.pid, "--type", "Nothing", status=1)
        ask("objects", self.pid, "--type", "", status=1)


class Why(Ledger):
    def test_names(self):
        """Exact, by its end, ambiguous, of nothing."""
        for what in ("main.Entry", "Entry", "*main.Entry", "*Entry"):
            answer = document("why", self.pid, what)["what"]
            self.assertEqual((answer["found"], answer["type"], answer["count"]),
                             ("type", "main.Entry", 200))
        errors = ask("why", self.pid, "Box", status=2).stderr
        self.assertIn(b"'main.Box[int]', 'main.Box[string]'", errors)
        self.assertEqual(document("why", self.pid, "Box[int]")["what"]["count"], 200)
        for what in ("ntry", "main", ".", "*", "Entry ", "main.entry", "[]", "map[", "\x1b[31m",
                     "a" * 5000, "goroutine x", "g99999999999999999999"):
            errors = ask("why", self.pid, what, status=1).stderr
            self.assertEqual(len(errors.splitlines()), 1)
            self.assertNotIn(b"\x1b", errors)
        for what in ("", "0x", "0xzz"):
            ask("why", self.pid, what, status=2)

    def test_map(self):
        """What a map consists of is one step."""
        address = self.truth["entries"][199]["address"]
        for name, target in self.everywhere():
            paths = document("why", target, address)["paths"]
            of_global = next(path for path in paths if path["root"]["kind"] == "global")
            if name in self.names:
                self.assertEqual(of_global["root"]["name"], "main.entries")
            self.assertEqual([(step["field"], step["type"]) for step in of_global["steps"]],
                             [("", "map[int]*main.Entry"), ("[value]", "main.Entry")])
            self.assertEqual(of_global["steps"][-1]["address"], address)
        whole = document("why", self.pid, address, "--all")["paths"]
        of_global = next(path for path in whole if path["root"]["kind"] == "global")
        self.assertGreater(len(of_global["steps"]), 2)

    def test_freed(self):
        """The map alone leads to the last entry but one: cutting `next` frees nothing."""
        answer = document("why", self.pid, "main.ints")
        self.assertEqual(answer["what"]["found"], "root")
        first = document("why", self.pid, "Box[int]")
        self.assertEqual(first["paths"][0]["steps"][0]["freed"], answer["what"]["retained"])
        self.assertEqual(answer["what"]["retained"], first["what"]["retained"])
        entry = document("why", self.pid, self.truth["entries"][7]["address"])
        self.assertEqual(entry["paths"][0]["steps"][-1]["freed"], 0)

    def test_variable(self):
        for name, target in self.everywhere():
            answer = document("why", target, self.truth["held"])
            self.assertEqual([path["root"]["kind"] for path in answer["paths"]], ["goroutine"])
            frame = answer["paths"][0]["root"]["frame"]
            self.assertEqual((frame["function"], frame["variable"]),
                             ("main.park", "mine" if name in self.names else None))
            self.assertTrue(frame["file"].endswith("ledger/main.go"))
            number = answer["paths"][0]["root"]["goroutine"]
            for words in ((f"g{number}",), ("goroutine", number), (f"goroutine {number}",)):
                root = document("why", target, *words)
                self.assertEqual((root["what"]["found"], root["what"]["goroutine"]),
                                 ("root", number))
                self.assertIn("main.Held", [held["type"] for held in root["holds"]])

    def test_garbage(self):
        for name, target in self.everywhere():
            answer = document("why", target, self.truth["lost"])
            self.assertEqual((answer["what"]["found"], answer["what"]["reachable"],
                              answer["paths"], answer["dominators"]), ("object", False, [], []))
            self.assertIn(b"garbage", ask("why", target, self.truth["lost"]).stdout)

    def test_holders(self):
        answer = document("why", self.pid, "main.Plain")
        self.assertEqual([(one["name"], one["count"]) for one in answer["holders"]],
                         [("main.plains", 200)])
        self.assertEqual(answer["dominators"][-1]["root"]["name"], "main.plains")

    def test_deep(self):
        """A long list is cut in the middle, and says so."""
        last = document("objects", self.pid, "--type", "Box[string]", "--where", "next == nil")
        self.assertEqual(last["matched"], 1)
        address = last["objects"][0]["address"]
        answer = document("why", self.pid, address)
        self.assertEqual((len(answer["paths"][0]["steps"]), answer["paths"][0]["elided"]), (200, 0))
        self.assertEqual({step["field"] for step in answer["paths"][0]["steps"][1:]}, {".next"})
        lines = ask("why", self.pid, address).stdout.decode().splitlines()
        self.assertTrue(any("197 more like it" in line for line in lines), lines)
        self.assertLess(len(lines), 40)

    def test_elsewhere(self):
        for address in ("0x0", "0x1", "0xffffffffffffffff", "0x7fffffffffff"):
            answer = document("why", self.pid, address)
            self.assertEqual((answer["what"]["found"], answer["paths"]), ("outside", []))


if __name__ == "__main__":
    unittest.main()
