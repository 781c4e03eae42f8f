# SPDX-License-Identifier: Apache-2.0
"""The global variables of real programs: where they lie, as `go tool nm` says, and of what types
their parts are, as the program's own reflect package says; for several releases and every way to
link that changes what a file says of them.

The programs are kept in the build folder under a name made of their sources, so that only the
first run builds them."""

import hashlib
import os
import subprocess
import unittest

SOURCE = os.environ["SOURCE_DIR"]
BUILD = os.environ["BUILD_DIR"]
PROGRAM = os.path.join(SOURCE, "test", "binary", "globals")
HOSTILE = os.path.join(BUILD, "test", "binary", "binary-hostile-names")
NAMER = os.path.join(BUILD, "test", "binary", "binary-name-variables")
KEPT = os.path.join(BUILD, "test", "binary-programs")

RELEASES = ("1.19.13", "1.21.13", "1.24.13", "1.25.5", "1.26.8", "1.27.0")
# What a variant is built with: cgo, arguments of go build.
VARIANTS = {
    "plain": ("0", []),
    "trimmed": ("0", ["-trimpath"]),
    "pie": ("0", ["-buildmode=pie"]),
    "cgo": ("1", ["-ldflags=-linkmode=external"]),
    "cgo-pie": ("1", ["-buildmode=pie", "-ldflags=-linkmode=external"]),
    "loose": ("0", ["-ldflags=-compressdwarf=false"]),
    "symbols": ("0", ["-ldflags=-w"]),
    "stripped": ("0", ["-ldflags=-s -w"]),
    "apart": ("0", []),  # and its debug information taken out of it
    "described": ("0", []),  # and its symbols taken out of it
    "bare": ("0", []),  # and stripped: where everything lies, its twin says
}


def sources_hash():
    digest = hashlib.sha256()
    for folder, _, names in sorted(os.walk(PROGRAM)):
        for name in sorted(names):
            with open(os.path.join(folder, name), "rb") as file:
                digest.update(name.encode() + b"\0" + file.read())
    digest.update(repr(VARIANTS).encode())
    return digest.hexdigest()[:16]


def environment_of(release, cgo):
    return dict(os.environ, GOTOOLCHAIN="go" + release, GOFLAGS="", GOEXPERIMENT="", GOWORK="off",
                CGO_ENABLED=cgo)


def run(*command, **more):
    return subprocess.run(command, check=True, timeout=900, **more)


def take_apart(path):
    """Leave the program stripped, with a link to NAME.debug beside it."""
    run("objcopy", "--only-keep-debug", path, path + ".debug")
    run("strip", "--strip-all", path)
    run("objcopy", "--add-gnu-debuglink=" + path + ".debug", path)


def build(release, variant):
    """The path of the program, and of one with all its symbols; built now if they were not."""
    folder = os.path.join(KEPT, sources_hash(), "%s-%s" % (release, variant))
    path = os.path.join(folder, "globals")
    if not os.path.exists(folder):
        new = "%s.%d" % (folder, os.getpid())
        os.makedirs(new)
        built = os.path.join(new, "globals")
        cgo, arguments = VARIANTS[variant]
        run("go", "build", *arguments, "-o", built, ".", cwd=PROGRAM,
            env=environment_of(release, cgo))
        run("cp", built, os.path.join(new, "twin"))
        if variant == "apart":
            take_apart(built)
        elif variant == "bare":
            run("strip", "--strip-all", built)
        elif variant == "described":
            run("objcopy", "--strip-unneeded", "--keep-section=.debug_*", built)
            run("objcopy", "--remove-section=.symtab", "--remove-section=.strtab", built)
        os.rename(new, folder)
    return path, os.path.join(folder, "twin")


def symbols(path, release):
    """{address in the file: {name: size}} of what lies in data and bss, as the linker marks them:
    without what only the dynamic linker writes to."""
    text = run("go", "tool", "nm", "-size", path, text=True, stdout=subprocess.PIPE,
               env=environment_of(release, "0")).stdout
    lines = [line.split(None, 3) for line in text.splitlines()]
    lines = [(int(fields[0], 16), int(fields[1]), fields[3]) for fields in lines
             if len(fields) == 4 and fields[2] in "DdBb"]
    marks = {name: address for address, _, name in lines}
    ranges = [(marks["runtime." + name], marks["runtime.e" + name])
              for name in ("noptrdata", "data", "bss", "noptrbss")]
    found = {}
    for address, size, name in lines:
        if size > 0 and any(low <= address < high for low, high in ranges):
            found.setdefault(address, {})[name] = size
    return found


def start(path):
    """The running program, and what it said: lines of words."""
    process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    said = []
    for line in process.stdout:
        if line == "ready\n":
            return process, said
        said.append(line.split())
    raise AssertionError("the program ended early")


def stop(process):
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=30)


def loaded_at(process, path):
    with open("/proc/%d/maps" % process.pid, encoding="utf-8") as maps:
        return next(int(line.split("-")[0], 16) for line in maps
                    if line.rstrip("\n").endswith(path))


def ask(pid, *arguments, questions=""):
    answer = subprocess.run([NAMER, str(pid), *arguments], input=questions, text=True,
                            capture_output=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    return [line.split("\t") for line in answer.stdout.splitlines()]


def first_address(path):
    """The address in the file of its first byte that is loaded."""
    text = run("readelf", "-lW", path, text=True, stdout=subprocess.PIPE).stdout
    return min(int(line.split()[2], 16) for line in text.splitlines()
               if line.split()[:1] == ["LOAD"])


class Variables(unittest.TestCase):
    maxDiff = 2000
    release = variant = None

    @classmethod
    def setUpClass(cls):
        cls.path, twin = build(cls.release, cls.variant)
        cls.symbols = symbols(twin, cls.release) if cls.variant != "stripped" else None
        process, said = start(cls.path)
        cls.said = [words[1:] for words in said if words[0] == "at"]
        cls.led = [words[1:] for words in said if words[0] == "led"]
        questions = "".join(fields[1] + "\n" for fields in cls.said + cls.led)
        facts = ask(process.pid, questions=questions)
        cls.bias = loaded_at(process, cls.path) - first_address(twin)
        stop(process)
        cls.variables = {int(fields[2], 16) - cls.bias: (fields[1], int(fields[3]), fields[4])
                         for fields in facts if fields[0] == "variable"}
        cls.parts = {fields[1]: fields[2:] for fields in facts if fields[0] == "part"}
        cls.problems = [fields for fields in facts if fields[0] == "problem"]

    def test_nothing_is_amiss(self):
        self.assertEqual(self.problems, [])
        self.assertGreater(len(self.said), 1100)

    def test_own_words(self):
        """What the program says of itself lies in variables of these names."""
        if self.variant == "stripped":
            self.assertEqual(self.variables, {})
            self.skipped_types()
            return
        wrong = [(name, address, self.parts[address][0]) for name, address, *_ in self.said
                 if self.parts[address][0] != name]
        self.assertEqual(wrong[:5], [])

    def skipped_types(self):
        self.assertEqual({tuple(part) for part in self.parts.values()}, {("none",)})

    def test_symbols(self):
        """Every symbol in data is there; sizes are the linker's."""
        if self.variant == "stripped":
            return
        missing, wrong = [], []
        for address, names in self.symbols.items():
            if address not in self.variables:
                missing.append(names)
                continue
            name, size, _ = self.variables[address]
            # Where a variable leads there, that one's name is better than the compiler's.
            made = all("..stmp_" in own or "..gobytes." in own for own in names)
            if names.get(name) != size and not made:
                wrong.append((names, name, size))
        if self.variant == "described":
            # Only what has a type: not what the linker and the compiler made up, nor C's.
            missing = [names for names in missing if any(
                name.startswith(("main.", "example.test/")) and ".." not in name
                for name in names)]
            wrong = [fault for fault in wrong if not any(".." in name for name in fault[0])]
        elif self.variant.startswith("cgo"):
            missing = [names for names in missing if any("." in name for name in names)
                       and not self.is_foreign(names)]
        self.assertEqual((missing[:5], wrong[:5]), ([], []))
        self.assertGreater(len(self.variables), 300)

    @staticmethod
    def is_foreign(names):
        """C's: compilers number static variables behind a dot."""
        return all(name.rsplit(".", 1)[1].isdigit() for name in names if "." in name)

    def test_types(self):
        """Parts of variables have the descriptors that reflect has for them."""
        if self.variant in ("stripped", "symbols"):
            self.assertEqual({part[-1] for part in self.parts.values()}, {"none"})
            return
        wrong = [(name, address, rest, self.parts[address]) for name, address, *rest in self.said
                 if self.parts[address][1:] != rest]
        self.assertEqual((len(wrong), wrong[:5]), (0, []))

    def test_led(self):
        """What has no name is told of by that of the variable that leads there."""
        self.assertEqual(len(self.led), 11)
        if self.variant in ("stripped", "symbols"):
            self.assertEqual({self.parts[address][-1] for _, address, *_ in self.led}, {"none"})
            return
        wrong = [(words, self.parts[words[1]]) for words in self.led
                 if self.parts[words[1]] != [words[0], *words[2:], "0", "0"]]
        self.assertEqual(wrong, [])

    def test_typed(self):
        if self.variant in ("stripped", "symbols"):
            self.assertEqual([name for name, _, typed in self.variables.values() if typed == "1"],
                             [])
            return
        typed = {name for name, _, typed in self.variables.values() if typed == "1"}
        own = {name for name, *_ in self.said}
        self.assertEqual(own - typed, set())


class References(unittest.TestCase):
    """Words of data by the functions whose code refers to them, as objdump finds those, and the
    types that machine code tells of, as debug information has them."""

    maxDiff = 2000
    release = variant = None

    @classmethod
    def setUpClass(cls):
        cls.path, cls.twin = build(cls.release, cls.variant)
        cls.names, cls.words, cls.bias = cls.told(cls.path)
        cls.symbols = symbols(cls.twin, cls.release)
        cls.truth = cls.disassembled()

    @classmethod
    def told(cls, path):
        """Names of, and facts on, words by their addresses in the file."""
        process, _ = start(path)
        bias = loaded_at(process, path) - first_address(cls.twin)
        facts = ask(process.pid, "code")
        stop(process)
        names = {int(fact[1], 16) - bias: fact[2:] for fact in facts if fact[0] == "reference"}
        words = {int(fact[1], 16) - bias: (int(fact[2], 16) - bias, *fact[3:]) for fact in facts
                 if fact[0] == "word"}
        return names, words, bias

    @classmethod
    def disassembled(cls):
        """{address: functions that name it}, by objdump, of the program with its symbols."""
        text = run("objdump", "-d", "--no-show-raw-insn", cls.twin, text=True,
                   stdout=subprocess.PIPE).stdout
        found, function = {}, None
        for line in text.splitlines():
            if line.endswith(">:"):
                function = line.split("<", 1)[1][:-2].removesuffix(".abi0")
            elif "(%rip)" in line and "# " in line:
                address = int(line.rsplit("# ", 1)[1].split()[0], 16)
                found.setdefault(address, set()).add(function)
        return found

    def test_names(self):
        invented = [(hex(address), names, self.truth.get(address))
                    for address, names in self.names.items()
                    if set(names) - self.truth.get(address, set())]
        self.assertEqual(invented[:5], [])
        ranges = (min(self.names), max(self.names))
        missing = [(hex(address), functions) for address, functions in self.truth.items()
                   if self.is_of_go(functions) and address % 8 == 0 and address in self.symbols
                   and ranges[0] <= address <= ranges[1] and address in self.pointers()
                   and len(self.names.get(address, [])) != min(len(functions), 3)]
        self.assertEqual(missing[:5], [])
        self.assertGreater(len(self.names), 200)

    def pointers(self):
        """Words in data and bss: the program was asked for those."""
        return self.names if self.variant.startswith("cgo") else self.symbols

    @staticmethod
    def is_of_go(functions):
        return all("." in function for function in functions)

    def test_own_names(self):
        """A variable of the program is named by the program's functions."""
        addresses = {name: address for address, names in self.symbols.items() for name in names}
        for name, function in (("main.filled", "main.keep"), ("main.queue", "main.keep"),
                               ("main.onlyPointer", "main.grow")):
            self.assertEqual(self.names[addresses[name]][0],
                             sorted(self.truth[addresses[name]] - {"main.init"},
                                    key=self.entry)[0])
            self.assertIn(function, self.names[addresses[name]])

    def entry(self, function):
        if not hasattr(self, "entries"):
            text = run("nm", self.twin, text=True, stdout=subprocess.PIPE).stdout
            fields = [line.split(None, 2) for line in text.splitlines()]
            self.entries = {field[2]: int(field[0], 16) for field in fields if len(field) == 3}
        return self.entries[function]

    def test_types(self):
        """Nothing that is told of is wrong; and the plain cases are told of."""
        if self.variant == "bare":
            self.assertEqual({word[-1] for word in self.words.values()}, {"unknown"})
            _, words, _ = self.told(self.twin)
            self.assertEqual({address: word[:-1] for address, word in self.words.items()},
                             {address: word[:-1] for address, word in words.items()})
            self.words = words
        wrong = [(hex(address), self.symbols.get(address), word)
                 for address, word in self.words.items()
                 if word[-1] not in ("right", "unknown", "any")]
        self.assertEqual(wrong, [])
        right = {name: word[1:3] for address, word in self.words.items() if word[-1] == "right"
                 for name in self.symbols.get(address, ())}
        wanted = {
            "main.filled": ("0", "0"), "main.queue": ("0", "0"), "main.copied": ("0", "0"),
            "main.onlyPointer": ("1", "0"), "main.onlySlice": ("1", "1"),
        }
        self.assertEqual({name: right.get(name) for name in wanted}, wanted)


class Frames(unittest.TestCase):
    """Variables on the stack, where the program itself says that they are."""

    release = variant = None

    def test_locals(self):
        path, _ = build(self.release, self.variant)
        process, said = start(path)
        said = [words[1:] for words in said if words[0] == "frame"]
        pcs = {words[0] for words in said}
        self.assertEqual(len(pcs), 1)
        pc = "%x" % (int(pcs.pop(), 16) - 1)
        facts = ask(process.pid, questions="f" + pc + "\n")
        stop(process)
        found = {fact[2]: fact[3:] for fact in facts if fact[:2] == ["local", pc]
                 and fact[5] == "0"}
        self.assertEqual([words[1] for words in said], ["local", "row", "pair"])
        for _, name, place, descriptor in said:
            self.assertIn(name, found)
            self.assertEqual((found[name][0], found[name][3]), (place, descriptor), name)
        sizes = {name: int(fact[1]) for name, fact in found.items()}
        self.assertEqual((sizes["local"], sizes["row"], sizes["pair"]), (40, 40, 32))
        # Strings and slices lie in words of their own; these were passed in memory.
        pieces = {(fact[3], fact[5]) for fact in facts if fact[:1] == ["local"]
                  and fact[2] == "list"}
        self.assertIn(("24", "0"), pieces)

    def test_kept(self):
        """Where a parameter is kept that came in registers: as debug information says while it does."""
        path, _ = build(self.release, self.variant)
        process, _ = start(path)
        same, other = [map(int, words[1:]) for words in ask(process.pid, questions="p\n")
                       if words[0] == "kept"][0]
        stop(process)
        self.assertGreater(same, 500)
        # A call that is inlined has a namesake elsewhere, where the function's own is nowhere.
        self.assertLess(other, same / 50)


class Damaged(unittest.TestCase):
    """Debug information, symbols and code with bits flipped, three hundred times a seed: under the
    sanitizers, a byte that is read outside of the file ends the test."""

    release = variant = None

    def test_damage_is_survived(self):
        path, _ = build(self.release, self.variant)
        process, _ = start(path)
        for seed in (1, 20):
            result = subprocess.run([HOSTILE, str(process.pid), path, str(seed)], text=True,
                                    capture_output=True, timeout=400, check=False)
            self.assertEqual(result.returncode, 0, result.stderr[-2000:])
            # Most damage leaves much to find: else little would have been tested.
            found = [int(word) for word in result.stdout.split()]
            for have, wanted in zip(found, (20000, 1000, 200, 20000)):
                self.assertGreater(have, wanted, found)
        stop(process)


FRAMES = ("plain", "pie", "apart", "described", "cgo")


# Ways to link that change how code names its data, and none that leaves no truth.
REFERENCES = ("plain", "pie", "cgo", "cgo-pie", "bare")


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for release in RELEASES:
        for variant, base in [(variant, Variables) for variant in VARIANTS if variant != "bare"] + [
                (variant, References) for variant in REFERENCES] + [
                (variant, Frames) for variant in FRAMES] + [
                ("loose", Damaged)]:
            name = "%s_%s_%s" % (base.__name__, release.replace(".", "_"),
                                 variant.replace("-", "_"))
            case = type(name, (base,), {"release": release, "variant": variant})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite
