# SPDX-License-Identifier: Apache-2.0
"""
A program of 200 MB without debug information.

The compiler needs minutes for so much Go. Its bulk is therefore written in Go's assembly: real
functions, in real packages, with names, frames and lines in the tables of the runtime, made in
seconds. A tenth is compiled Go with types, methods and closures; the rest is embedded data.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

import targets

INSTRUCTIONS = 96
PER_PACKAGE = 10000
FUNCTION_BYTES = 800  # of code and tables together, about, for each function in assembly

MAIN = """package main

import (
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"time"
%(imports)s)

//go:embed ballast
var ballast string

func main() {
	if len(os.Args) > 1 {
		fmt.Println(len(ballast))
%(calls)s	}
	fmt.Printf("ready pid=%%d go=%%s\\n", os.Getpid(), runtime.Version())
	time.Sleep(time.Hour)
}
"""

COMPILED = """
type record%(i)d struct {
	name  string
	count map[string]int
	parts []record%(i)d
	last  error
}

func (r *record%(i)d) Add(key string, values ...int) (total int, err error) {
	for at, value := range values {
		if value < %(i)d {
			return total, fmt.Errorf("value %%d of %%s is %%d, below %(i)d", at, key, value)
		}
		r.count[key+strconv.Itoa(at)] += value
		total += value
	}
	if strings.HasPrefix(key, "k%(i)d") {
		r.last = errors.New("prefix k%(i)d of " + key)
	} else {
		r.parts = append(r.parts, record%(i)d{name: strings.ToUpper(key), last: r.last})
	}
	return total, r.last
}

func (r *record%(i)d) Walk(visit func(name string, depth int) error, depth int) error {
	defer func() { r.count["walk%(i)d"] = depth }()
	for at := range r.parts {
		part := &r.parts[at]
		if err := visit(part.name, depth); err != nil {
			return fmt.Errorf("%%s at %%d: %%w", part.name, at, err)
		}
		if err := part.Walk(visit, depth+1); err != nil {
			return fmt.Errorf("%%s under %%s: %%w", part.name, r.name, err)
		}
	}
	return nil
}
"""


def assembly(functions):
    """One package's file: each function has a frame, calls another, and is called from All."""
    turns = ("\tMOVQ $0x{0:x}, AX\n", "\tXORQ AX, 8(SP)\n", "\tADDQ BX, AX\n",
             "\tMOVQ AX, 16(SP)\n", "\tIMULQ $0x{1:x}, BX\n", "\tMOVQ 24(SP), CX\n")
    body = "".join(turns[i % len(turns)].format(0x123456789abcdef ^ i * 0x9e3779b97f4a, 0x12345 + i)
                   for i in range(INSTRUCTIONS))
    yield "TEXT ·All(SB), 0, $64-0\n"
    for i in range(functions):
        yield f"\tCALL ·generatedFunction{i}(SB)\n"
    yield "\tRET\n\n"
    for i in range(functions):
        yield (f"TEXT ·generatedFunction{i}(SB), 0, $64-0\n{body}"
               f"\tCALL ·generatedFunction{(i * 7 + 1) % functions}(SB)\n\tRET\n\n")


def compiled(records):
    yield 'package records\n\nimport (\n\t"errors"\n\t"fmt"\n\t"strconv"\n\t"strings"\n)\n'
    for i in range(records):
        yield COMPILED % {"i": i}
    yield "\ntype thing interface {\n\tAdd(string, ...int) (int, error)\n"
    yield "\tWalk(func(string, int) error, int) error\n}\n\nvar all = []thing{\n"
    for i in range(records):
        yield f"\tnew(record{i}),\n"
    yield "}\n\n// All uses all of them.\nfunc All() {\n\tfor _, one := range all {\n"
    yield '\t\tone.Add("key", 1)\n\t\tone.Walk(nil, 1)\n\t}\n}\n'


def write(path, pieces):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(pieces)


def generate(folder, megabytes):
    """Sources for about that many megabytes: 60 % assembly, a few of Go, and data to fill up."""
    functions = megabytes * 600000 // FUNCTION_BYTES
    packages = [f"part{i}" for i in range(-(-functions // PER_PACKAGE))]
    for name in packages:
        write(folder / name / "part.go", [f"package {name}\n\n// All calls all.\nfunc All()\n"])
        write(folder / name / "part_amd64.s", assembly(min(functions, PER_PACKAGE)))
    write(folder / "records" / "records.go", compiled(megabytes * 8))
    names = packages + ["records"]
    write(folder / "main.go", [MAIN % {
        "imports": "".join(f'\t"giant/{name}"\n' for name in names),
        "calls": "".join(f"\t\t{name}.All()\n" for name in names)}])
    write(folder / "go.mod", ["module giant\n\ngo 1.19\n"])


def compile_it(folder, output, ballast):
    with open(folder / "ballast", "wb") as file:
        seed = hashlib.sha256(b"ballast").digest()
        while ballast > 0:  # nothing that a file system or a reader could leave out
            seed = hashlib.sha512(seed).digest()
            piece = (seed * 1024)[:ballast]
            ballast -= file.write(piece)
    targets.build.run(["nice", "go", "build", "-p=2", targets.STRIPPED, "-o", str(output), "."],
              targets.environment(), folder, 900)


def sections(path):
    """Bytes of each section of an ELF file, by name."""
    answer = subprocess.run(["readelf", "-SW", str(path)], timeout=60, check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    sizes = {}
    for line in answer.splitlines():
        words = line.partition("]")[2].split()
        if len(words) > 5 and words[0].startswith("."):
            sizes[words[0]] = int(words[4], 16)
    return sizes


def made_of(path):
    sizes = sections(path)
    names = {".text": "code", ".gopclntab": "pclntab", ".rodata": "read-only data"}
    parts = [f"{sizes.get(name, 0) / 1e6:.0f} MB {word}" for name, word in names.items()]
    return f"{Path(path).stat().st_size / 1e6:.0f} MB: " + ", ".join(parts)


def giant(megabytes):
    """The built program, its size at least that many megabytes; from the cache if it is there."""
    mark = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = targets.folder("giant", f"{megabytes}-{mark}")
    output = folder / "giant"
    if not output.exists():
        sources = folder / "sources"
        generate(sources, megabytes)
        compile_it(sources, folder / "first", 1)
        missing = megabytes * 1000000 - (folder / "first").stat().st_size
        compile_it(sources, output, max(missing, 0) + 4096)
        (folder / "first").unlink()
        shutil.rmtree(sources)  # half a gigabyte
    return output
