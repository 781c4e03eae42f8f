// SPDX-License-Identifier: Apache-2.0

// Atlas holds what is made once and then only looked at, in ways in which real programs do: tables in
// tables, what a constructor returns, what only methods touch. No type that is counted is ever behind
// an interface, and what is called hidden is reached through words of which nobody says anything.
// Types whose names end in Twin look like the others to the collector.
//
// Commands: `truth` tells how many objects there are of each type.
package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"unsafe"

	"programs/control"
)

// Tables in tables: only the innermost values are large, and so kept by pointer.

type Place struct {
	region  string
	variant uint64
}

type Sign struct {
	host, name string
	protocols  []string
	number     uint64
	methods    []string
	_          [6]uint64
}

type Service struct {
	name     string
	regional bool
	signs    map[Place]Sign
}

// Large is larger than what has its bits beside it, or a header, in any release.
type Large struct {
	leaf *Leaf
	_    [70]uint64
	last *Leaf
	text string
}

type Leaf struct{ _ [3]uint64 }

// Row is one of many in a table.
type Row struct {
	number uint64
	leaf   *Leaf
	_      [5]uint64
	name   *[4]byte
}

var (
	hiddenTables unsafe.Pointer // map[string]Service
	hiddenLarge  unsafe.Pointer // *Large
	hiddenRows   unsafe.Pointer // of []Row
)

// Twins, that only differ by their names.

type Pillar struct {
	next  *Pillar
	_     uint64
	stone *Stone
}
type PillarTwin struct {
	next  *PillarTwin
	_     uint64
	stone *Stone
}
type Stone struct{ _ [6]uint64 }

var (
	hiddenTwin unsafe.Pointer // *Pillar: which one it is, nobody can know
	twins      []*PillarTwin
)

// What a constructor returns, through another one.

type Column struct {
	next  *Column
	_     [2]uint64
	stone *Stone
}
type ColumnTwin struct {
	next  *ColumnTwin
	_     [2]uint64
	stone *Stone
}

var (
	column      = buildColumn(30)
	columnTwins []*ColumnTwin
)

//go:noinline
func buildColumn(count int) *Column {
	if count < 0 {
		return nil
	}
	return stack(count)
}

//go:noinline
func stack(count int) *Column {
	column := &Column{stone: new(Stone)}
	for i := 1; i < count; i++ {
		column.next = &Column{next: column.next, stone: new(Stone)}
	}
	return column
}

// What only its methods touch.

type Arch struct {
	next  *Arch
	_     [3]uint64
	stone *Stone
}
type ArchTwin struct {
	next  *ArchTwin
	_     [3]uint64
	stone *Stone
}
type Bridge struct {
	number int
	lock   sync.Mutex
	first  *Arch
}

var (
	bridge    Bridge
	archTwins []*ArchTwin
)

//go:noinline
func (b *Bridge) add(count int) {
	b.lock.Lock()
	defer b.lock.Unlock()
	for i := 0; i < count; i++ {
		b.first = &Arch{next: b.first, stone: new(Stone)}
		b.number++
	}
}

// Maps that are made when the program begins, in a few words and in many.

type Weight struct{ grams *uint64 }
type WeightTwin struct{ grams *uint64 }

var (
	fewWeights  = map[string]*Weight{"a": newWeight(), "b": newWeight(), "c": newWeight()}
	manyWeights = weigh(40)
	weightTwins = []map[string]*WeightTwin{{"a": newTwin()}, {"b": newTwin()}}
)

//go:noinline
func newWeight() *Weight { return &Weight{new(uint64)} }

//go:noinline
func newTwin() *WeightTwin { return &WeightTwin{new(uint64)} }

//go:noinline
func weigh(count int) map[string]*Weight {
	weights := map[string]*Weight{}
	for i := 0; i < count; i++ {
		weights["weight "+strconv.Itoa(i)] = newWeight()
	}
	return weights
}

// Whoever reads the code sees that something is handed on.
//
//go:noinline
func conceal(it unsafe.Pointer) unsafe.Pointer { return it }

func hide() {
	tables := map[string]Service{}
	for i := 0; i < 40; i++ {
		service := Service{name: "service", signs: map[Place]Sign{}}
		for k := 0; k < 1+i; k++ {
			service.signs[Place{"region " + strconv.Itoa(k), 0}] = Sign{name: "sign"}
		}
		tables["service "+strconv.Itoa(i)] = service
	}
	hiddenTables = conceal(*(*unsafe.Pointer)(unsafe.Pointer(&tables)))
	hiddenLarge = conceal(unsafe.Pointer(&Large{leaf: new(Leaf), last: new(Leaf), text: "text"}))
	rows := make([]Row, 40)
	for i := range rows {
		rows[i].leaf = new(Leaf)
	}
	hiddenRows = conceal(unsafe.Pointer(&rows[0]))
	pillar := &Pillar{stone: new(Stone)}
	hiddenTwin = conceal(unsafe.Pointer(pillar))
	twins = append(twins, &PillarTwin{stone: new(Stone)}, &PillarTwin{stone: new(Stone)})
	columnTwins = append(columnTwins, &ColumnTwin{stone: new(Stone)})
	archTwins = append(archTwins, &ArchTwin{stone: new(Stone)})
}

func signs() int {
	return 40 * 41 / 2
}

func truth([]string) ([]byte, error) {
	return json.Marshal(map[string]int{
		"main.Sign":                   signs(),
		"map[string]main.Service":     1,
		"map[main.Place]main.Sign":    40,
		"main.Large":                  1,
		"main.Leaf":                   2 + 40,
		"[]main.Row":                  1,
		"main.PillarTwin":             2,
		"main.Pillar":                 0,
		"main.Column":                 30,
		"main.ColumnTwin":             1,
		"main.Arch":                   bridge.number,
		"main.ArchTwin":               1,
		"map[string]*main.Weight":     2,
		"map[string]*main.WeightTwin": 2,
		"main.Weight":                 len(fewWeights) + len(manyWeights),
		"main.WeightTwin":             len(weightTwins),
	})
}

func main() {
	hide()
	bridge.add(25)
	// That there is such a type is told by this alone.
	control.Serve(fmt.Sprintf("of=%T", &bridge), control.Commands{"truth": truth})
}
