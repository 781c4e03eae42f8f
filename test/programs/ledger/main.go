// SPDX-License-Identifier: Apache-2.0

// Ledger has entries whose every field it can tell: what `dowse show` and `dowse objects --where` say
// is held against it.
//
// Commands: `truth` tells all in JSON. Nothing changes after that.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"unsafe"

	"programs/control"
)

type Inner struct {
	small int8
	large uint64
	last  *Entry
}

type Kind interface{ kind() string }
type Debit struct{ amount [2]int64 }
type Credit struct{ amount [3]int64 }

func (d *Debit) kind() string { return "debit" }
func (c Credit) kind() string { return "credit" }

type Entry struct {
	id      int
	balance int32
	ratio   float64
	share   float32
	turn    complex128
	open    bool
	name    string
	tags    []string
	counts  map[string]int
	next    *Entry
	kind    Kind
	queue   chan int
	visit   func() int
	raw     []byte
	pair    [2]uint16
	inner   Inner
}

// Plain has no pointers.
type Plain struct {
	number int64
	flag   bool
	sizes  [3]int16
}

// Two packages may have a type of one name; here a generic one has two.
type Box[T any] struct {
	value T
	next  *Box[T]
}

type Lost struct {
	self *Lost
	data [5]uint64
}

type Held struct {
	data  [6]uint64
	entry *Entry
}

var (
	entries = make(map[int]*Entry)
	plains  []*Plain
	ints    *Box[int]
	texts   *Box[string]
	lost    [4]uintptr
	held    uintptr
	sink    unsafe.Pointer
	started = make(chan int)
	forever = make(chan int)
)

//go:noinline
func visitor(number int) func() int { return func() int { return number } }

func fill(id int, next *Entry) *Entry {
	entry := &Entry{
		id: id, balance: int32(id*7 - 500), ratio: float64(id) / 3, share: float32(id) / 7,
		turn: complex(float64(id), -1), open: id%3 == 0,
		name: fmt.Sprintf("\x1b[31mentry\x1b[0m %d", id), next: next,
		pair: [2]uint16{uint16(id), 65535}, inner: Inner{int8(-id % 100), ^uint64(id), next},
	}
	for i := 0; i < id%5; i++ {
		entry.tags = append(entry.tags, "a tag")
	}
	if id%2 == 0 {
		entry.counts = make(map[string]int)
		for i := 0; i < id; i++ {
			entry.counts[fmt.Sprint("count ", i)] = i
		}
		entry.kind = &Debit{}
	} else {
		entry.kind = Credit{}
		entry.raw = make([]byte, id, 2*id+64)
	}
	if id%4 == 0 {
		entry.queue = make(chan int, id+1)
		for i := 0; i < id/2; i++ {
			entry.queue <- i
		}
		entry.visit = visitor(id)
	}
	return entry
}

//go:noinline
func lose(index int) {
	one := new(Lost)
	one.self = one
	lost[index] = uintptr(unsafe.Pointer(one))
}

//go:noinline
func park(entry *Entry) {
	mine := &Held{entry: entry}
	sink = unsafe.Pointer(mine) // so it lies in the heap
	sink = nil
	held = uintptr(unsafe.Pointer(mine))
	started <- 1
	<-forever
	runtime.KeepAlive(mine)
}

func build() {
	var last *Entry
	for id := 0; id < 200; id++ {
		last = fill(id, last)
		entries[id] = last
		plains = append(plains, &Plain{int64(id) - 100, id%2 == 1, [3]int16{int16(id), -1, 7}})
		ints = &Box[int]{id, ints}
		texts = &Box[string]{fmt.Sprint(id), texts}
	}
	go park(last)
	<-started
	runtime.GC()
	for i := range lost {
		lose(i)
	}
}

func at[T any](p *T) string { return fmt.Sprintf("%#x", uintptr(unsafe.Pointer(p))) }

func describe(entry *Entry) map[string]interface{} {
	next := ""
	if entry.next != nil {
		next = at(entry.next)
	}
	return map[string]interface{}{
		"address": at(entry), "id": entry.id, "balance": entry.balance, "ratio": entry.ratio,
		"share": entry.share, "turn": []float64{real(entry.turn), imag(entry.turn)},
		"open": entry.open, "name": entry.name, "tags": len(entry.tags),
		"tags_room": cap(entry.tags), "counts": len(entry.counts),
		"no_counts": entry.counts == nil, "next": next, "kind": entry.kind.kind(),
		"queue": len(entry.queue), "queue_room": cap(entry.queue), "no_queue": entry.queue == nil,
		"visits": entry.visit != nil, "raw": len(entry.raw), "raw_room": cap(entry.raw),
		"pair": entry.pair, "small": entry.inner.small, "large": entry.inner.large,
	}
}

func truth([]string) ([]byte, error) {
	var all, some []interface{}
	for id := 0; id < len(entries); id++ {
		all = append(all, describe(entries[id]))
	}
	for _, plain := range plains {
		some = append(some, map[string]interface{}{"address": at(plain), "number": plain.number,
			"flag": plain.flag, "sizes": plain.sizes})
	}
	return json.Marshal(map[string]interface{}{"entries": all, "plains": some,
		"lost": fmt.Sprintf("%#x", lost[1]), "held": fmt.Sprintf("%#x", held),
		"size": unsafe.Sizeof(Entry{})})
}

func main() {
	flag.Parse()
	debug.SetGCPercent(-1)
	build()
	control.Serve("", control.Commands{"truth": truth})
}
