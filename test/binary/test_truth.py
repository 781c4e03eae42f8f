# SPDX-License-Identifier: Apache-2.0
"""What the library reads out of real programs, against what those programs' own runtime, their
own reflect package and Go's tools say: functions, lines, inlined calls, build information, types;
for every release that the tests build with, and every way to link.

The programs are kept in the build folder under a name made of their sources, so that only the
first run builds them."""

import hashlib
import os
import re
import subprocess
import unittest

SOURCE = os.environ["SOURCE_DIR"]
BUILD = os.environ["BUILD_DIR"]
PROGRAM = os.path.join(SOURCE, "test", "binary", "program")
DESCRIBE = os.path.join(BUILD, "test", "binary", "binary-describe")
KEPT = os.path.join(BUILD, "test", "binary-programs")

# What a variant is built with: environment, arguments of go build.
VARIANTS = {
    "plain": ({"CGO_ENABLED": "0"}, []),
    "stripped": ({"CGO_ENABLED": "0"}, ["-ldflags=-s -w", "-trimpath"]),
    "pie": ({"CGO_ENABLED": "0"}, ["-buildmode=pie", "-ldflags=-s -w"]),
    "gcc": ({"CGO_ENABLED": "1"}, ["-ldflags=-linkmode=external"]),
    "gcc-pie": ({"CGO_ENABLED": "1"}, ["-buildmode=pie", "-ldflags=-linkmode=external -s"]),
    "race": ({"CGO_ENABLED": "1"}, ["-race"]),
    "no-inlining": ({"CGO_ENABLED": "0"}, ["-gcflags=all=-N -l"]),
}
STRIPPED = ("stripped", "pie", "gcc-pie")
# Building the standard library anew for these takes long; two releases show all their formats.
RARE = {"no-inlining": ("1.19.13", "1.26.8")}


def releases():
    with open(os.path.join(SOURCE, "tools", "layouts", "releases.txt"), encoding="utf-8") as lines:
        found = [line.split()[0] for line in lines if re.match(r"^[0-9.]+ main$", line.strip())]
    assert len(found) >= 9, found
    return found


def go_environment(release, extra):
    environment = dict(os.environ, GOTOOLCHAIN="go" + release, GOFLAGS="", GOEXPERIMENT="",
                       GOWORK="off")
    environment.update(extra)
    return environment


def sources_hash():
    digest = hashlib.sha256()
    for folder, _, names in sorted(os.walk(PROGRAM)):
        for name in sorted(names):
            with open(os.path.join(folder, name), "rb") as file:
                digest.update(name.encode() + b"\0" + file.read())
    digest.update(repr(VARIANTS).encode())
    return digest.hexdigest()[:16]


def build(release, variant):
    """The path of the program, built now if it was not."""
    path = os.path.join(KEPT, sources_hash(), "shop-%s-%s" % (release, variant))
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        extra, arguments = VARIANTS[variant]
        new = "%s.%d" % (path, os.getpid())  # another suite may build it at the same moment
        subprocess.run(["go", "build", *arguments, "-o", new, "."], cwd=PROGRAM,
                       env=go_environment(release, extra), check=True, timeout=900)
        os.rename(new, path)
    return path


def said_of(path, name, release, *command):
    """What a tool says of a program; kept beside it, since the program does not change."""
    kept = "%s.%s" % (path, name)
    if not os.path.exists(kept):
        text = subprocess.run([*command, path], text=True, check=True, stdout=subprocess.PIPE,
                              timeout=120, env=go_environment(release, {})).stdout
        new = "%s.%d" % (kept, os.getpid())
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(new, kept)
    with open(kept, encoding="utf-8") as file:
        return file.read()


class Program:
    """The running program: what it said at its start, and its answers."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.said = self.until("ready")

    def until(self, end):
        lines = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == end:
                return lines
            lines.append(line)
        raise AssertionError("the program ended early: %r" % lines[-3:])

    def lookup(self, pcs):
        """The runtime's innermost frame for each pc: function, file, line, entry."""
        answers = {}
        for start in range(0, len(pcs), 256):  # no more than a pipe holds
            part = pcs[start:start + 256]
            self.process.stdin.write("".join("%x\n" % pc for pc in part) + "\n")
            self.process.stdin.flush()
            for line in self.until("done"):
                pc, function, file, number, entry = line.split("|")
                answers[int(pc, 16)] = (function, file, int(number), int(entry, 16))
        return answers

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


def describe(pid, questions):
    result = subprocess.run([DESCRIBE, str(pid)], input="\n".join(questions) + "\n", text=True,
                            capture_output=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return [line.split("\t") for line in result.stdout.splitlines()]


def printed_name(name, like):
    """From 1.21 on the runtime shortens type arguments when it prints: [...]."""
    start, end = name.find("["), name.rfind("]")
    if "[...]" in like and 0 <= start < end:
        return name[:start] + "[...]" + name[end + 1:]
    return name


def parse_pc(fields):
    """(pc, [(function, file, line, start line)], entry), entry None for no function."""
    head, *rest = fields[1].split("|")
    if not rest:
        return int(head, 16), [], None
    *frames, entry = rest
    lines = [(frames[i], frames[i + 1], int(frames[i + 2]), int(frames[i + 3]))
             for i in range(0, len(frames), 4)]
    return int(head, 16), lines, int(entry, 16)


class Truth(unittest.TestCase):
    maxDiff = 2000
    release = variant = None

    @classmethod
    def setUpClass(cls):
        cls.path = build(cls.release, cls.variant)
        cls.minor = int(cls.release.split(".")[1])
        cls.program = Program(cls.path)
        cls.addClassCleanup(cls.program.close)
        said = [line.split("\t") for line in cls.program.said]
        cls.chains = [fields[1:] for fields in said if fields[0] == "chain"]
        cls.types = {fields[1]: fields[1:] for fields in said if fields[0] == "type"}
        cls.version = next(fields[1] for fields in said if fields[0] == "version")
        questions = ["*", "T"]
        for chain in cls.chains:
            questions += [frame.split("|")[0] for frame in chain]
        questions += ["t" + address for address in cls.types]
        cls.facts = describe(cls.program.process.pid, questions)
        cls.pcs = {pc: (lines, entry) for pc, lines, entry in
                   (parse_pc(fields) for fields in cls.facts if fields[0] == "pc")}
        cls.functions = [fields[1:] for fields in cls.facts if fields[0] == "function"]

    def fact(self, name):
        return [fields[1:] for fields in self.facts if fields[0] == name]

    def test_release(self):
        self.assertEqual(self.fact("release"), [[self.version, str(self.minor)]])
        self.assertEqual(self.version, "go" + self.release)
        self.assertEqual(self.fact("layout"), [["0", self.version]])
        self.assertEqual(self.fact("runtimes"), [["1"]])
        self.assertEqual(self.fact("damaged"), [])

    def test_lines(self):
        """The innermost frame of pcs all over every function is the runtime's own."""
        pcs = list(self.pcs)
        self.assertGreater(len(pcs), 5000)
        truth = self.program.lookup(pcs)
        self.assertEqual(len(truth), len(pcs))
        wrong, nameless = [], set()
        for pc in pcs:
            lines, entry = self.pcs[pc]
            function, file, line, true_entry = truth[pc]
            name = printed_name(lines[0][0], function) if lines else ""
            if function == "":
                nameless.add(name)
                name = ""
            if (name, lines[0][1:3] if lines else None, entry) != \
                    (function, (file, line), true_entry):
                wrong.append((hex(pc), lines, entry, truth[pc]))
        self.assertEqual(wrong[:5], [])
        # The first name of all has the offset 0, which the runtime takes for no name.
        self.assertLessEqual(len(nameless), 1, nameless)

    def test_inlined(self):
        """Each pc of a logical stack expands to that frame and those that it was inlined into."""
        self.assertGreater(len(self.chains), 8)
        longest = 0
        for chain in self.chains:
            frames = [frame.split("|") for frame in chain]
            for i, (pc, *_) in enumerate(frames):
                lines, _ = self.pcs[int(pc, 16)]
                wanted = []
                for _, function, file, line, inlined in frames[i:]:
                    wanted.append((function, file, int(line)))
                    if inlined == "0":
                        break
                have = [(printed_name(line[0], truth[0]), *line[1:3])
                        for line, truth in zip(lines, wanted)]
                if len(lines) < len(wanted) or len(lines) > len(wanted) or have != wanted:
                    # A wrapper is not shown, so the stack goes on with its caller.
                    wrapper = lines[-1][1] == "<autogenerated>"
                    self.assertTrue(wrapper and have[:-1] == wanted[:len(have) - 1],
                                    (lines, wanted))
                longest = max(longest, len(lines))
        self.assertGreaterEqual(longest, 1 if self.variant == "no-inlining" else 4)

    def test_start_lines(self):
        """The line of each func keyword, which is in the table from 1.20 on."""
        with open(os.path.join(PROGRAM, "main.go"), encoding="utf-8") as lines:
            declared = {match.group(1): number for number, line in enumerate(lines, 1)
                        for match in [re.match(r"func (\w+)\(", line)] if match}
        seen = set()
        for lines, _ in self.pcs.values():
            for function, _, _, start in lines:
                name = function[5:] if function.startswith("main.") else ""
                if name in declared:
                    self.assertEqual(start, declared[name] if self.minor >= 20 else 0, function)
                    seen.add(name)
        self.assertTrue({"main", "lookup", "chain"} <= seen, seen)
        if self.variant != "no-inlining":
            self.assertTrue({"inner", "middle"} <= seen, seen)

    def test_functions(self):
        """Functions follow one another, and are those of the symbol table where there is one."""
        bias = int(self.fact("module")[0][1], 16)
        entries = [(int(f[0], 16), int(f[1], 16)) for f in self.functions]
        self.assertEqual(entries, sorted(entries))
        for (_, end), (start, _) in zip(entries, entries[1:]):
            self.assertEqual(end, start)
        if self.variant in STRIPPED:
            return
        listing = said_of(self.path, "nm", self.release, "go", "tool", "nm")
        symbols = {}
        for line in listing.splitlines():
            fields = line.strip().split(" ", 2)
            if len(fields) == 3 and fields[1] in "tT":
                symbols.setdefault(int(fields[0], 16), set()).add(fields[2])
        for function in self.functions:
            names = {name[:-5] if name.endswith(".abi0") else name
                     for name in symbols.get(int(function[0], 16) - bias, ())}
            # 1.19 and 1.20 shorten what stands in brackets in the table already.
            names |= {printed_name(name, "[...]") for name in names}
            names |= {name.replace(".", "·") for name in names}
            self.assertTrue({function[5], function[5].replace(".", "·")} & names, (function, names))

    def test_function_ids(self):
        """What the runtime treats apart: 0 is an ordinary function."""
        ids = {f[5]: int(f[4]) for f in self.functions}
        self.assertEqual(ids["main.lookup"], 0)
        special = [ids[name] for name in ("runtime.goexit", "runtime.mcall", "runtime.gopanic",
                                          "runtime.systemstack", "runtime.rt0_go")]
        self.assertNotIn(0, special)
        self.assertEqual(len(set(special)), len(special))

    def test_build_information(self):
        """As `go version -m` has it, settings unquoted."""
        said = said_of(self.path, "version", releases()[-1], "go", "version", "-m").splitlines()[1:]
        wanted = []
        for line in said:
            kind, *rest = line.strip("\t").split("\t")
            if kind == "build":
                key, value = rest[0].split("=", 1)
                if value.startswith('"'):
                    value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
                wanted.append(["build", key + "=" + value])
            elif kind in ("path", "mod"):
                wanted.append([kind, *rest])
        have = [fields for fields in self.facts if fields[0] in ("path", "mod", "dep", "build")]
        have = [[field for i, field in enumerate(fields) if field or i < 3] for fields in have]
        wanted = [[field for i, field in enumerate(fields) if field or i < 3] for fields in wanted]
        self.assertEqual(have, wanted)
        self.assertGreater(len(have), 5)

    def test_build_ids(self):
        go_id = said_of(self.path, "buildid", self.release, "go", "tool", "buildid").strip()
        notes = subprocess.run(["readelf", "-n", self.path], text=True, check=True,
                               stdout=subprocess.PIPE, timeout=60).stdout
        found = re.search(r"Build ID: ([0-9a-f]+)", notes)
        self.assertEqual(self.fact("id"), [[go_id, found.group(1) if found else ""]])
        self.assertTrue(go_id)

    def test_types(self):
        """Descriptors, as reflect describes them."""
        self.assertGreater(len(self.types), 45)
        have = {fields[1]: fields[1:] for fields in self.facts if fields[0] == "type"}
        for address, fields in self.types.items():
            name, own_name, package, kind, size, *rest = fields[1:]
            self.assertIn(address, have, fields)
            my_name, named, my_package, my_kind, my_size, *my_rest = have[address][1:]
            self.assertEqual((my_name, named == "1", my_package, my_kind, my_size, my_rest),
                             (name, own_name != "", package, kind, size, rest))

    def test_type_list(self):
        """The module's own list leads to every type that the program knows of by an unnamed one."""
        listed = {fields[1]: fields[2] for fields in self.facts if fields[0] == "listed"}
        missing = [fields for address, fields in self.types.items() if address not in listed]
        self.assertEqual(missing[:5], [])
        for address, fields in self.types.items():
            self.assertEqual(listed[address], fields[1])
        self.assertGreater(len(listed), 300)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for release in releases():
        for variant in VARIANTS:
            if release in RARE.get(variant, (release,)):
                name = "Truth_%s_%s" % (release.replace(".", "_"), variant.replace("-", "_"))
                case = type(name, (Truth,), {"release": release, "variant": variant})
                suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


