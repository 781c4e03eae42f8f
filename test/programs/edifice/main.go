// SPDX-License-Identifier: Apache-2.0

// Edifice builds structures of which it knows everything: how many objects of which type, what each
// costs, what would be freed without it, and on which way it is reached. Every structure has types
// of its own, so that nothing else in the program can be counted with it.
//
// What an object costs is measured, not computed: the runtime's own counters, before and after so
// many allocations of the same kind, with the collector at rest. What a structure holds alone is the
// heap after a collection, before and after it was built.
//
// Commands: `truth` tells all in JSON, `classes` how many objects there are by size; `live` collects, and tells what the collector found; after
// that nothing is allocated but the answers, until `garbage N` makes so many objects that nobody has.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
	"unsafe"

	"programs/control"
)

// A claim is what is true of all objects of a type.
type claim struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
	Bytes uint64 `json:"bytes"`
	// What would be freed if all of them went; 0: not known from how they were built.
	Retained uint64 `json:"retained,omitempty"`
}

// A family is told as a whole: the pieces of maps, whose number depends on how they hash.
type family struct {
	Type  string `json:"type"`   // of the header
	Plain string `json:"plain"`  // the same for a type that has no name: pieces may have forgotten it
	Count int    `json:"count"`  // of headers
	Bytes uint64 `json:"bytes"`  // of headers and pieces
	Small bool   `json:"small"`  // each has exactly one piece beside its header
	Empty bool   `json:"empty"`  // none has any
	Least uint64 `json:"pieces"` // what their pieces must hold at least
}

// An object is an address whose type is known.
type object struct {
	Address string `json:"address"`
	Type    string `json:"type"`
}

// A step leads from the one before (at first: the root) to an object, by the word of that name.
type step struct {
	Field   string `json:"field"`
	Address string `json:"address"`
}

type structure struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind"` // of the root
	Root      string   `json:"root"`
	Goroutine int      `json:"goroutine,omitempty"`
	Retained  uint64   `json:"retained"`
	Exact     bool     `json:"exact"` // no other root has any of it, and nobody else built meanwhile
	Types     []claim  `json:"types"`
	Families  []family `json:"families"`
	Objects   []object `json:"objects"`
	// The only way to an object.
	Paths [][]step `json:"paths"`
	// The type of an object that only pointers to its middle lead to: it need not be known.
	Inner []object `json:"inner"`
	// The kinds of all the roots that lead to an address.
	Roots map[string][]string `json:"roots"`
}

// A building is a structure before it is there.
type building struct {
	name, kind, root string
	build            func()
	// Called after all is measured: what it allocates belongs to nobody.
	describe func(*structure)
}

var (
	buildings  []building
	structures []structure
	sink       unsafe.Pointer
	stats      runtime.MemStats
)

func register(some ...building) bool {
	buildings = append(buildings, some...)
	return true
}

// heap is what is alive: it is asked until two collections find the same.
func heap() uint64 {
	last := uint64(0)
	for i := 0; i < 20; i++ {
		runtime.GC()
		runtime.ReadMemStats(&stats)
		if stats.HeapAlloc == last {
			break
		}
		last = stats.HeapAlloc
	}
	return last
}

// cost is what one allocation by `make` takes.
func cost(count int, make func() unsafe.Pointer) uint64 {
	least := ^uint64(0)
	for try := 0; try < 3; try++ {
		runtime.ReadMemStats(&stats)
		before := stats.TotalAlloc
		for i := 0; i < count; i++ {
			sink = make()
		}
		runtime.ReadMemStats(&stats)
		if taken := stats.TotalAlloc - before; taken < least {
			least = taken
		}
	}
	sink = nil
	if least%uint64(count) != 0 {
		panic(fmt.Sprintf("%d allocations took %d bytes", count, least))
	}
	return least / uint64(count)
}

// slot is what a value of T takes.
func slot[T any]() uint64 {
	count := 64
	var t T
	if unsafe.Sizeof(t) > 1<<16 {
		count = 3
	}
	return cost(count, func() unsafe.Pointer { return unsafe.Pointer(new(T)) })
}

// array is what a backing array of so many T takes.
func array[T any](length int) uint64 {
	return cost(16, func() unsafe.Pointer {
		slice := make([]T, length)
		return unsafe.Pointer(&slice[0])
	})
}

func name[T any]() string {
	return reflect.TypeOf((*T)(nil)).Elem().String()
}

// many says that there are so many values of T.
func (s *structure) many(kind string, count int, each uint64) *claim {
	s.Types = append(s.Types, claim{Type: kind, Count: count, Bytes: uint64(count) * each})
	return &s.Types[len(s.Types)-1]
}

func values[T any](s *structure, count int) *claim {
	return s.many(name[T](), count, slot[T]())
}

func arrays[T any](s *structure, count, length int) *claim {
	return s.many("[]"+name[T](), count, array[T](length))
}

// rest is what of the structure is in none of its claims.
func (s *structure) rest() uint64 {
	rest := s.Retained
	for _, one := range s.Types {
		rest -= one.Bytes
	}
	return rest
}

func at(p unsafe.Pointer) string { return fmt.Sprintf("%#x", uintptr(p)) }

func know[T any](s *structure, p *T) {
	s.Objects = append(s.Objects, object{at(unsafe.Pointer(p)), name[T]()})
}

func (s *structure) way(steps ...step) { s.Paths = append(s.Paths, steps) }

func hop[T any](field string, p *T) step { return step{field, at(unsafe.Pointer(p))} }

func construct() {
	// With one processor there is one cache of the runtime's own small things, soon filled.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	// The runtime's own goroutines and workers have begun, and have what they need.
	for i := 0; i < 3; i++ {
		heap()
		time.Sleep(20 * time.Millisecond)
	}
	structures = make([]structure, 0, len(buildings))
	for _, b := range buildings {
		before := heap()
		b.build()
		after := heap()
		structures = append(structures, structure{Name: b.name, Kind: b.kind, Root: b.root,
			Retained: after - before, Exact: true, Types: []claim{}, Families: []family{},
			Objects: []object{}, Paths: [][]step{}, Inner: []object{}, Roots: map[string][]string{}})
		s := &structures[len(structures)-1]
		b.describe(s)
		if os.Getenv("EDIFICE_VERBOSE") != "" {
			fmt.Fprintf(os.Stderr, "%-20s %9d, %9d in no claim\n", b.name, s.Retained, int64(s.rest()))
		}
	}
}

func truth([]string) ([]byte, error) {
	return json.MarshalIndent(map[string]interface{}{
		"go": runtime.Version(), "pointer_size": unsafe.Sizeof(sink), "structures": structures,
	}, "", "  ")
}

func live([]string) ([]byte, error) { return control.Live(refill), nil }

// tellClasses says how many objects of each size there are, as far as the runtime counts them.
func tellClasses([]string) ([]byte, error) {
	text := make([]byte, 0, 4096)
	runtime.ReadMemStats(&stats)
	text = append(text, `{"heap_in_use":`...)
	text = strconv.AppendUint(text, stats.HeapInuse, 10)
	text = append(text, `,"classes":[`...)
	for i, class := range stats.BySize[1:] {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '[')
		text = strconv.AppendUint(text, uint64(class.Size), 10)
		text = append(text, ',')
		text = strconv.AppendUint(text, class.Mallocs-class.Frees, 10)
		text = append(text, ']')
	}
	return append(text, "]}"...), nil
}

type Garbage struct {
	next *Garbage
	data [6]uint64
}

//go:noinline
func litter(count int) *Garbage {
	var last *Garbage
	for i := 0; i < count; i++ {
		last = &Garbage{next: last}
	}
	return last
}

func garbage(arguments []string) ([]byte, error) {
	count, err := strconv.Atoi(arguments[0])
	if err != nil {
		return nil, err
	}
	sink = unsafe.Pointer(litter(count))
	sink = nil
	return []byte(strconv.Itoa(count * int(slot[Garbage]()))), nil
}

func main() {
	flag.Parse()
	debug.SetGCPercent(-1)
	construct()
	control.Serve("", control.Commands{"truth": truth, "live": live, "garbage": garbage,
		"classes": tellClasses})
}
