// SPDX-License-Identifier: Apache-2.0

// Twins has strings and slices that contain the same, and knows which, how many, what they cost and
// where they are kept; and some that nearly do.
//
// Commands: `truth` tells in JSON; `live` collects.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	"programs/control"
)

type User struct {
	number int
	status string
	notes  []byte
}

type Page struct {
	words [2]struct{ text string }
	next  *Page
}

// A twin is what there is more than once.
type twin struct {
	Type    string         `json:"type"`
	Begins  string         `json:"begins"` // how it begins, as a part of its bytes; unlike all others
	Length  int            `json:"length"`
	Copies  int            `json:"copies"`
	Bytes   uint64         `json:"bytes"`
	Keepers map[string]int `json:"keepers"`
}

var (
	users   []*User
	flags   []string
	again   []string
	pages   *Page
	table   = map[int]string{}
	backs   = map[string][]byte{}
	numbers [][]uint64
	large   [][]byte
	left    string
	right   string
	parts   []string
	nearly  []string
	stay    []*[22]string
	small   []map[string][]string
	sink    unsafe.Pointer
	twins   []twin
)

// fresh is a copy that nobody else has.
//
//go:noinline
func fresh(text string) string { return string([]byte(text)) }

// cost is what an allocation of so many bytes without pointers takes.
func cost(size int) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < 16; i++ {
		bytes := make([]byte, size)
		sink = unsafe.Pointer(&bytes[0])
	}
	runtime.ReadMemStats(&after)
	sink = nil
	return (after.TotalAlloc - before.TotalAlloc) / 16
}

func tell(kind, content string, copies int, each uint64, keepers map[string]int) {
	twins = append(twins, twin{kind, content[:min(len(content), 30)], len(content), copies,
		uint64(copies) * each, keepers})
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// A slice whose room behind its length is unlike any other's.
func slack(content string, i, room int) []byte {
	slice := make([]byte, room)
	for k := range slice {
		slice[k] = byte(i + k)
	}
	copy(slice, content)
	return slice[:len(content)]
}

func build() {
	status := "what is said of everybody, again and again"
	note := "a note with room behind it"
	for i := 0; i < 1000; i++ {
		users = append(users, &User{number: i, status: fresh(status), notes: slack(note, i, 64)})
	}
	tell("string", status, 1000, cost(len(status)), map[string]int{"main.User.status": 1000})
	tell("[]uint8", note, 1000, cost(64), map[string]int{"main.User.notes": 1000})

	short := "short, yes"
	for i := 0; i < 2000; i++ {
		flags = append(flags, fresh(short))
	}
	// The same copies once more.
	again = append(again, flags[:700]...)
	tell("string", short, 2000, uint64(len(short)), map[string]int{"[]string": 2700})

	// What a group of these maps leaves free of its slot still has such strings in it.
	for i := 0; i < 1000; i++ {
		old := new([22]string)
		if i%10 == 0 {
			stay = append(stay, old)
			continue
		}
		for k := range old {
			old[k] = flags[i]
		}
		sink = unsafe.Pointer(old)
	}
	sink = nil
	runtime.GC()
	for i := 0; i < 1200; i++ {
		small = append(small, map[string][]string{"a key that is a constant": nil})
	}

	block := "sixteen of bytes"
	word := "a word on a page of the book"
	for i := 0; i < 400; i++ {
		pages = &Page{next: pages}
		pages.words[0].text = fresh(block)
		pages.words[1].text = fresh(word)
	}
	tell("string", block, 400, 16, map[string]int{"main.Page.words[].text": 400})
	tell("string", word, 400, cost(len(word)), map[string]int{"main.Page.words[].text": 400})

	value := "the value of everything, or the price of it"
	for i := 0; i < 300; i++ {
		table[i] = fresh(value)
		backs[fmt.Sprintf("a key with a number: %032d", i)] = slack(value, i, 96)
	}
	tell("string", value, 300, cost(len(value)), map[string]int{"map[int]string.value": 300})
	// Equal to a string, but something else.
	tell("[]uint8", value, 300, cost(96), map[string]int{"map[string][]uint8.value": 300})

	for i := 0; i < 20; i++ {
		slice := make([]uint64, 100)
		for k := range slice {
			slice[k] = 0x4141414141414141
		}
		numbers = append(numbers, slice)
	}
	tell("[]uint64", strings.Repeat("A", 800), 20, cost(800), map[string]int{"[][]uint64": 20})

	// Of six large ones three are the same; the last byte of each of the others is another.
	for i := 0; i < 6; i++ {
		slice := bytes.Repeat([]byte("large"), 600*1024)
		if i >= 3 {
			slice[len(slice)-1] = byte(i)
		}
		large = append(large, slice)
	}
	tell("[]uint8", strings.Repeat("large", 600*1024), 3, cost(5*600*1024),
		map[string]int{"[][]uint8": 3})

	global := "what two variables have, each for itself"
	left, right = fresh(global), fresh(global)
	tell("string", global, 2, cost(len(global)), map[string]int{"main.left": 1, "main.right": 1})

	// Parts of one string are no copies, nor is what differs at its end or goes on.
	whole := fresh(strings.Repeat("part of something", 4))
	for i := 0; i+17 <= len(whole); i += 17 {
		parts = append(parts, whole[i:i+17])
	}
	for i := 0; i < 100; i++ {
		nearly = append(nearly, fresh(fmt.Sprintf("nearly the same string, but not quite %d", i)),
			fresh("nearly the same, only longer"+strings.Repeat("r", i)))
	}
	// Nobody has these.
	for i := 0; i < 500; i++ {
		lost := fresh("nobody has this any more, so it does not count")
		sink = unsafe.Pointer(&lost)
	}
	sink = nil
}

func truth([]string) ([]byte, error) { return json.Marshal(twins) }

func main() {
	flag.Parse()
	debug.SetGCPercent(-1)
	build()
	runtime.GC()
	control.Serve("", control.Commands{"truth": truth})
}
