# SPDX-License-Identifier: Apache-2.0
"""What the library knows of the types of running programs, against what those programs' own reflect and unsafe say, and
against the collector's own mask in every descriptor; for every release that the tests build with."""

import hashlib
import os
import re
import subprocess
import unittest

SOURCE = os.environ["SOURCE_DIR"]
BUILD = os.environ["BUILD_DIR"]
PROGRAM = os.path.join(SOURCE, "test", "heap", "types")
PRINT = os.path.join(BUILD, "test", "heap", "heap-print-types")
KEPT = os.path.join(BUILD, "test", "heap-types")

# What a variant is built with: environment, arguments of go build, and the releases that have it.
VARIANTS = {
    "plain": ({}, [], None),
    "stripped-pie": ({}, ["-buildmode=pie", "-ldflags=-s -w"], None),
    "noswissmap": ({"GOEXPERIMENT": "noswissmap"}, [], (24, 25)),
    "noallocheaders": ({"GOEXPERIMENT": "noallocheaders"}, [], (22,)),
    "mapsplitgroup": ({"GOEXPERIMENT": "mapsplitgroup"}, [], (27,)),
}


def releases():
    with open(os.path.join(SOURCE, "tools", "layouts", "releases.txt"), encoding="utf-8") as lines:
        found = [line.split()[0] for line in lines if re.match(r"^[0-9.]+ main$", line.strip())]
    assert len(found) >= 9, found
    return found


def sources_hash():
    digest = hashlib.sha256()
    for name in sorted(os.listdir(PROGRAM)):
        with open(os.path.join(PROGRAM, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()[:16]


def build(release, variant):
    """The path of the program, built now if it was not."""
    path = os.path.join(KEPT, sources_hash(), "types-%s-%s" % (release, variant))
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        extra, arguments, _ = VARIANTS[variant]
        environment = dict(os.environ, GOTOOLCHAIN="go" + release, GOFLAGS="", GOEXPERIMENT="",
                           GOWORK="off", CGO_ENABLED="0")
        environment.update(extra)
        new = "%s.%d" % (path, os.getpid())  # another suite may build it at the same moment
        subprocess.run(["go", "build", *arguments, "-o", new, "."], cwd=PROGRAM,
                       env=environment, check=True, timeout=900)
        os.rename(new, path)
    return path


class Types(unittest.TestCase):
    maxDiff = 2000
    release = variant = None

    @classmethod
    def setUpClass(cls):
        path = build(cls.release, cls.variant)
        cls.minor = int(cls.release.split(".")[1])
        cls.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        cls.addClassCleanup(cls.end)
        cls.said = []
        for line in cls.process.stdout:
            if line == "ready\n":
                break
            cls.said.append(line.rstrip("\n").split("\t"))
        cls.types = {fields[2]: fields[1:] for fields in cls.said if fields[0] == "type"}
        assert len(cls.types) > 200, cls.said[-3:]

    @classmethod
    def end(cls):
        cls.process.stdin.close()
        cls.process.stdout.close()
        cls.process.wait(timeout=30)

    def ask(self, questions):
        """An answer's fields for each question."""
        result = subprocess.run([PRINT, str(self.process.pid)], input="\n".join(questions) + "\n",
                                text=True, capture_output=True, timeout=120, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        answers = [line.split("\t") for line in result.stdout.splitlines()]
        self.assertEqual(len(answers), len(questions), answers[-1:])
        return answers

    def address(self, name):
        return self.types[name][0]

    def is_swiss(self):
        return self.minor >= 24 and self.variant != "noswissmap"

    def test_masks(self):
        """The slots of every descriptor are those of the collector's mask in it."""
        answer = self.ask(["masks"])[0]
        self.assertEqual(answer[0], "masks", answer)
        compared, pointers, programs, incomplete, wrong, maps = map(int, answer[1:])
        self.assertEqual((wrong, incomplete), (0, 0))
        self.assertGreater(compared, 2500)
        self.assertGreater(pointers, 1800)
        self.assertGreater(maps, 100)
        self.assertLess(programs, compared / 20)  # those with a program, or built on demand

    def test_names(self):
        """Names as %T prints them, packages as reflect says."""
        types = list(self.types.values())
        answers = self.ask(["name VALUE " + fields[0] for fields in types])
        for fields, answer in zip(types, answers):
            self.assertEqual(answer[1:], [fields[1], fields[2]])

    def test_forms(self):
        """What the pieces of a type are called."""
        table, node, channel = (self.address(name) for name in
                                ("map[string]*main.ID", "main.ID", "chan<- *main.ID"))
        pieces = ("GROUPS", "DIRECTORY", "TABLE") if self.is_swiss() else ("BUCKETS", "EXTRA")
        answers = self.ask(["name ARRAY " + node, "name MAP " + table, "name CHANNEL " + channel,
                            "name CHANNEL_BUFFER " + channel, "name STRING 0", "name TINY 0",
                            "name MAP " + node, "name VALUE 10"] +
                           ["name MAP_%s %s" % (piece, table) for piece in pieces])
        self.assertEqual([answer[1:] for answer in answers[:8]], [
            ["[]main.ID", "main"], ["map[string]*main.ID", "main"], ["chan *main.ID", "main"],
            ["chan *main.ID buffer", "main"], ["string", ""], ["tiny block", ""], ["-", ""],
            ["-", ""]])
        for piece, answer in zip(pieces, answers[8:]):
            what = "overflow" if piece == "EXTRA" else piece.lower()
            self.assertEqual(answer[1:], ["map[string]*main.ID " + what, "main"])

    def test_words(self):
        """Every pointer word: where it is, what it is called, what it leads to."""
        words = [fields[1:] for fields in self.said if fields[0] == "word"]
        self.assertGreater(len(words), 700)
        wanted, questions = [], []
        for address, offset, path, pointee in words:
            questions.append("path VALUE %s %s" % (address, offset))
            wanted.append(["path", path])
            questions.append("pointee %s %s" % (address, offset))
            wanted.append(["pointee", "-" if pointee == "dynamic" else pointee])
        self.assertEqual(self.ask(questions), wanted)

    def test_all_words(self):
        """There are no slots beside them, and interfaces are marked."""
        by_type = {}
        for fields in self.said:
            if fields[0] == "word":
                by_type.setdefault(fields[1], []).append(fields[2:])
        names = [name for name in self.types if not re.match(r"\[\d\d\d\d", name)
                 and name not in ("main.Large", "sync.Pool")]
        answers = self.ask(["layout VALUE " + self.address(name) for name in names])
        for name, (_, printed, size, start, stride, complete, *slots) in zip(names, answers):
            self.assertEqual((printed, complete), (name, "1"))
            self.assertEqual(size, self.types[name][4])
            found = {}
            for at in range(int(start), int(size), int(stride) or int(size) or 1):
                for slot in slots:
                    offset, pointee = slot.split("=", 1)
                    found[at + int(offset)] = pointee
            wanted = {int(offset): pointee for offset, _, pointee in
                      by_type.get(self.address(name), [])}
            self.assertEqual(found, wanted, name)

    def test_large(self):
        """An array of any length costs the slots of one element."""
        answer = self.ask(["layout VALUE " + self.address("main.Large")])[0]
        self.assertEqual(answer[1:], ["main.Large", "800008", "8", "8", "1", "0=main.ID"])

    def test_map(self):
        """From the header to the values, with the paths on the way."""
        table = self.address("map[string]*main.ID")
        if self.is_swiss():
            forms = ["MAP", "MAP_DIRECTORY", "MAP_TABLE", "MAP_GROUPS"]
        else:
            forms = ["MAP", "MAP_EXTRA", "MAP_OVERFLOW", "MAP_OVERFLOW_LIST", "MAP_BUCKETS"]
        layouts = {form: answer for form, answer in
                   zip(forms, self.ask(["layout %s %s" % (form, table) for form in forms]))}
        name = "map[string]*main.ID"
        leads = {form: [slot.split("=", 1)[1] for slot in layout[6:]]
                 for form, layout in layouts.items()}
        slots = ["string", "main.ID"] * 8
        if self.variant == "mapsplitgroup":
            slots = ["string"] * 8 + ["main.ID"] * 8
        if self.is_swiss():
            self.assertEqual(leads, {
                "MAP": [name + " directory"], "MAP_DIRECTORY": [name + " table"],
                "MAP_TABLE": [name + " groups"], "MAP_GROUPS": slots})
            self.assertEqual(layouts["MAP_GROUPS"][2:6], ["200", "0", "200", "1"])
        else:
            self.assertEqual(leads, {
                "MAP": [name + " buckets", name + " buckets", name + " overflow"],
                "MAP_EXTRA": [name + " overflow", name + " overflow", name + " buckets"],
                "MAP_OVERFLOW": [name + " overflow"], "MAP_OVERFLOW_LIST": [name + " buckets"],
                "MAP_BUCKETS": ["string"] * 8 + ["main.ID"] * 8 + [name + " buckets"]})
            self.assertEqual(layouts["MAP_BUCKETS"][2:6], ["208", "0", "208", "1"])

    def test_map_paths(self):
        """The eleventh slot of a map is the third of its second group."""
        table = self.address("map[string]main.ID")  # 16 bytes of key, 32 of value
        if self.variant == "mapsplitgroup":
            size, key, value = 392, 8 + 2 * 16, 8 + 8 * 16 + 2 * 32
        elif self.is_swiss():
            size, key, value = 392, 8 + 2 * 48, 8 + 2 * 48 + 16
        else:
            size, key, value = 400, 8 + 2 * 16, 8 + 8 * 16 + 2 * 32
        form = "MAP_GROUPS" if self.is_swiss() else "MAP_BUCKETS"
        questions = ["path %s %s %d" % (form, table, size + offset)
                     for offset in (key, value + 8, value + 24)]
        wanted = ["[10].key", "[10].value.text", "[10].value.next"]
        if not self.is_swiss():
            questions.append("path %s %s %d" % (form, table, size - 8))
            wanted.append(".overflow")
        self.assertEqual([answer[1] for answer in self.ask(questions)], wanted)

    def test_groups(self):
        """The allocator's own type of a map's slots is known for the map's."""
        what = "groups" if self.is_swiss() else "buckets"
        names = ["map[string]*main.ID", "map[main.ID]bool", "map[int8]string"]
        answers = self.ask(["group " + self.address(name) for name in names])
        self.assertEqual([answer[1] for answer in answers], ["%s %s" % (name, what) for name in names])

    def test_by_pointer(self):
        """Keys and values over 128 bytes are not in the map's slots."""
        name = "map[[40]int64][40]*int"
        form = "MAP_GROUPS" if self.is_swiss() else "MAP_BUCKETS"
        answer = self.ask(["layout %s %s" % (form, self.address(name))])[0]
        leads = [slot.split("=", 1)[1] for slot in answer[6:]]
        slots = ["[40]int64", "[40]*int"] * 8
        if not self.is_swiss() or self.variant == "mapsplitgroup":
            slots = ["[40]int64"] * 8 + ["[40]*int"] * 8
        self.assertEqual(leads, slots + ([] if self.is_swiss() else [name + " buckets"]))

    def test_channel(self):
        """Its structure has pointers if its elements have."""
        names = ["chan main.ID", "chan int", "<-chan *main.ID"]
        with_pointers, without, only = self.ask(
            ["layout CHANNEL " + self.address(name) for name in names])
        self.assertEqual((without[1], without[6:]), ("chan int", []))
        self.assertEqual(only[1], "chan *main.ID")
        leads = [slot.split("=", 1)[1] for slot in with_pointers[6:]]
        timer = ["runtime.timer"] if self.minor >= 23 else []
        bubble = ["runtime.synctestBubble"] if self.minor >= 25 else []
        kind = ["runtime._type" if self.minor < 21 else "abi.Type"]
        self.assertEqual(leads, ["chan main.ID buffer"] + timer + kind +
                         ["runtime.sudog"] * 4 + bubble)
        paths = self.ask(["path CHANNEL %s %s" % (self.address(names[0]), slot.split("=")[0])
                          for slot in with_pointers[6:]])
        self.assertEqual([path[1] for path in paths], [".buf"] + [".timer"] * len(timer) + [
            ".elemtype", ".recvq.first", ".recvq.last", ".sendq.first", ".sendq.last"] +
            [".bubble"] * len(bubble))
        buffer = self.ask(["path CHANNEL_BUFFER %s %d" % (self.address(names[0]), 2 * 32 + 24)])
        self.assertEqual(buffer[0][1], "[2].next")

    def test_closures(self):
        """What functions have captured, which their code says that makes the closures."""
        closures = [fields[1:] for fields in self.said if fields[0] == "closure"]
        self.assertEqual(len(closures), 8)
        answers = self.ask(["layout CLOSURE " + function for function, _ in closures])
        for (_, pointees), answer in zip(closures, answers):
            leads = [slot.split("=", 1)[1] for slot in answer[6:]]
            self.assertEqual((",".join(sorted(leads)), answer[5]), (pointees, "1"))
        # Printed without the inner one's name, which is before it; names are kept up to 1.20.
        self.assertEqual([answer[1] for answer in answers[:4]], [
            "func main.makeClosures.func1", "func main.makeClosures.func2",
            "func main.makeClosures.func3", "func main.(*ID).length-fm"])
        paths = self.ask(["path CLOSURE %s 8" % function for function, _ in closures[2:4]])
        self.assertEqual(paths[0][1], ".counter" if self.minor < 21 else "+8")
        self.assertEqual(paths[1][1], ".receiver")
        package = self.ask(["name CLOSURE " + closures[3][0]])[0][2]
        self.assertEqual(package, "main")

    def group(self):
        """The mask and the slot of one group of a map[ID]bool, computed by hand; a key has a string at 8 and a
        pointer at 24, a pair takes 40 bytes."""
        mask = 0
        for slot in range(8):
            start = 1 + slot * (5 if self.is_swiss() and self.variant != "mapsplitgroup" else 4)
            mask |= 1 << start + 1 | 1 << start + 3
        if self.is_swiss():
            return mask, 352 if self.variant != "mapsplitgroup" else 288  # 328 and 272 bytes
        return mask | 1 << 1 + 8 * 4 + 1, 288  # the pointer to the next, at 272

    def test_allocations(self):
        """Where the program allocates what, by its code, and what an object may be by that."""
        rare = 1 << 0 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 14
        two = rare | rare << 15
        sites, maps, *found = self.ask(
            ["sites main.Rare", "sites map[string]*main.Rare",
             "candidates %x 128" % rare, "candidates %x 240" % two, "candidates %x 160" % rare,
             "candidates %x 32" % 0b1011, "candidates 0 16", "candidates %x %d" % self.group()])
        self.assertGreater(int(sites[1]), 1000)
        self.assertEqual(sorted(sites[2:]), ["array main.allocate", "value main.allocate"])
        self.assertEqual(maps[2:], ["map main.allocate"])
        self.assertEqual(found[0][1:], ["1", "main.Rare"])
        self.assertEqual(found[1][1:], ["1", "[]main.Rare"])
        self.assertEqual((found[2][1:], found[4][1:]), (["0"], ["0"]))
        what = "groups" if self.is_swiss() else "buckets"
        self.assertIn("map[main.ID]bool " + what, found[5][2:])

    def test_interfaces(self):
        """An interface's first word, of both kinds, says what the second leads to."""
        words = [fields[1:] for fields in self.said if fields[0] in ("itab", "eface")]
        self.assertGreater(len(words), 40)
        answers = self.ask(["dynamic " + word for word, _ in words])
        for (_, name), answer in zip(words, answers):
            if name == "main.Wrapped":  # holds its one pointer itself
                wanted = "main.Square"
            elif name.startswith("func") or name == "unsafe.Pointer":
                wanted = "-"
            elif name.startswith(("chan", "<-chan")):
                wanted = re.sub("^(<-chan|chan<-)", "chan", name)
            else:
                wanted = name[1:] if name.startswith("*") else name
            self.assertEqual(answer[1], wanted)

    def test_code(self):
        """No function's code is a type, and what follows its address is not of one. Functions begin at multiples of 32."""
        with open("/proc/%d/maps" % self.process.pid, encoding="utf-8") as lines:
            ranges = [line.split()[0].split("-") for line in lines
                      if " r-xp " in line and "types-" in line]
        # The first page has the file's headers.
        starts = [start for low, high in ranges
                  for start in range(int(low, 16) + 4096, int(high, 16), 32)]
        self.assertGreater(len(starts), 10000)
        answers = self.ask(["dynamic %x" % start for start in starts])
        self.assertEqual({answer[1] for answer in answers}, {"-"})

    def test_fills(self):
        """An object of a size class can have been allocated for what is larger than the class below."""
        headers = self.minor >= 22 and self.variant != "noallocheaders"
        cases = [("VALUE", "main.ID", 32, "1"), ("VALUE", "main.ID", 48, "0"),
                 ("VALUE", "main.ID", 24, "0"), ("ARRAY", "main.ID", 96, "1"),
                 ("ARRAY", "main.ID", 16, "0"), ("VALUE", "main.Large", 802816, "1"),
                 ("VALUE", "main.Large", 811008, "0"), ("ARRAY", "main.ID", 512, "1"),
                 # 31 of them and a header are 1000, 32 are 1024, with a header more.
                 ("ARRAY", "main.ID", 1024, "1"),
                 ("VALUE", "[40]int64", 320, "1"), ("VALUE", "int", 16, "1"),
                 ("ARRAY", "[4][4]string", 256, "1"),
                 ("VALUE", "http.Server", 32768, "0")]
        answers = self.ask(["fills %s %s %d" % (form, self.address(name), size)
                            for form, name, size, _ in cases])
        for case, answer in zip(cases, answers):
            self.assertEqual(answer[1], case[3], (case, headers))

    def test_choices(self):
        """What the object alone tells: its size, and whether it has pointers."""
        small = self.address("map[string]*main.ID")
        timer = self.address("time.Timer")
        asked = ["choose VALUE %s 112 1" % timer, "choose VALUE %s 96 1" % timer,
                 "choose VALUE %s 128 1" % timer, "choose VALUE %s 144 1" % timer]
        names = {answer[1] for answer in self.ask(asked)}
        self.assertEqual("runtime.timeTimer" in names, self.minor >= 23)
        if self.minor >= 24:
            node = self.address("sync.node[interface {},interface {}]")
            answers = self.ask(["choose VALUE %s %d 1" % (node, size) for size in (48, 160, 64)])
            self.assertEqual([answer[1].split("[")[0] for answer in answers],
                             ["sync.entry", "sync.indirect", "sync.node"])
        if not self.is_swiss():
            return
        group, directory, again = self.ask(
            ["choose MAP_DIRECTORY %s 208 1" % small, "choose MAP_DIRECTORY %s 64 1" % small,
             "choose MAP_DIRECTORY %s 208 0" % small])
        self.assertEqual(group[1], "map[string]*main.ID groups")
        self.assertEqual((directory[1], again[1]), ("map[string]*main.ID directory",) * 2)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for release in releases():
        for variant, (_, _, only) in VARIANTS.items():
            if only and int(release.split(".")[1]) not in only:
                continue
            name = "Types_%s_%s" % (release.replace(".", "_"), variant.replace("-", "_"))
            case = type(name, (Types,), {"release": release, "variant": variant})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite
