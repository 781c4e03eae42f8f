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
    "symbols": ("0", ["-ldflags=-w"]),
    "stripped": ("0", ["-ldflags=-s -w"]),
    "apart": ("0", []),  # and its debug information taken out of it
    "described": ("0", []),  # and its symbols taken out of it
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


class Variables(unittest.TestCase):
    maxDiff = 2000
    release = variant = None

    @classmethod
    def setUpClass(cls):
        cls.path, twin = build(cls.release, cls.variant)
        cls.symbols = symbols(twin, cls.release) if cls.variant != "stripped" else None
        with subprocess.Popen([cls.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            cls.said = []
            for line in process.stdout:
                if line == "ready\n":
                    break
                cls.said.append(line.split()[1:])
            with open("/proc/%d/maps" % process.pid, encoding="utf-8") as maps:
                mapped = next(int(line.split("-")[0], 16) for line in maps
                              if line.rstrip("\n").endswith(cls.path))
            questions = "".join(fields[1] + "\n" for fields in cls.said)
            answer = subprocess.run([NAMER, str(process.pid)], input=questions, text=True,
                                    capture_output=True, timeout=120, check=False)
            process.stdin.close()
        assert answer.returncode == 0, answer.stderr
        cls.bias = mapped - cls.first_address(twin)
        facts = [line.split("\t") for line in answer.stdout.splitlines()]
        cls.variables = {int(fields[2], 16) - cls.bias: (fields[1], int(fields[3]), fields[4])
                         for fields in facts if fields[0] == "variable"}
        cls.parts = {fields[1]: fields[2:] for fields in facts if fields[0] == "part"}
        cls.problems = [fields for fields in facts if fields[0] == "problem"]

    @staticmethod
    def first_address(path):
        """The address in the file of its first byte that is loaded."""
        text = run("readelf", "-lW", path, text=True, stdout=subprocess.PIPE).stdout
        return min(int(line.split()[2], 16) for line in text.splitlines()
                   if line.split()[:1] == ["LOAD"])

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
            if names.get(name) != size:
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

    def test_typed(self):
        if self.variant in ("stripped", "symbols"):
            self.assertEqual([name for name, _, typed in self.variables.values() if typed == "1"],
                             [])
            return
        typed = {name for name, _, typed in self.variables.values() if typed == "1"}
        own = {name for name, *_ in self.said}
        self.assertEqual(own - typed, set())


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for release in RELEASES:
        for variant in VARIANTS:
            name = "Variables_%s_%s" % (release.replace(".", "_"), variant.replace("-", "_"))
            case = type(name, (Variables,), {"release": release, "variant": variant})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite
