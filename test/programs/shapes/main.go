// SPDX-License-Identifier: Apache-2.0

// Shapes makes heaps whose graph has one extreme shape each, of any size, to be measured by.
//
// Commands: `live` collects, and tells how much was found.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"programs/control"
)

var (
	shape = flag.String("shape", "list", "list, shuffled, random, server, wide, dense, shared, goroutines")
	count = flag.Int("objects", 100000, "how many, about")
)

// A node of a list, and of whatever else: 80 bytes.
type node struct {
	next    *node
	other   *node
	numbers [8]uint64
}

// A vertex of a random graph: 24 bytes in a slot of 24.
type vertex struct {
	left, right *vertex
	number      uint64
}

type entry struct {
	name  string
	count uint64
	owner *node
}

type leaf struct{ value *uint64 }

var (
	head     *node
	entries  map[int]*entry
	vertices []*vertex
	leaves   []*leaf
	maps     map[int]map[int]*leaf
	lists    [2]*node
	parked   = make(chan int)
)

type chance uint64

func (c *chance) below(n int) int {
	*c ^= *c << 13
	*c ^= *c >> 7
	*c ^= *c << 17
	return int(uint64(*c) % uint64(n))
}

// list has five in six of all objects in one list, and the rest in a map.
func list(n int) {
	for i := 0; i < n*5/6; i++ {
		head = &node{next: head}
	}
	entries = map[int]*entry{}
	for i := 0; i < n/40; i++ {
		entries[i] = &entry{name: fmt.Sprint("name of ", i), owner: head}
	}
	for i := 0; i < n/10; i++ {
		vertices = append(vertices, &vertex{number: uint64(i)})
	}
}

// shuffled is the same list, linked in random order.
func shuffled(n int) {
	list(n)
	c := chance(1)
	all := make([]*node, 0, n)
	for at := head; at != nil; at = at.next {
		all = append(all, at)
	}
	for i := len(all) - 1; i > 0; i-- {
		j := c.below(i + 1)
		all[i], all[j] = all[j], all[i]
	}
	for i := 1; i < len(all); i++ {
		all[i-1].next = all[i]
	}
	all[len(all)-1].next = nil
	head = all[0]
}

func random(n int) {
	c := chance(1)
	all := make([]*vertex, n)
	for i := range all {
		all[i] = &vertex{number: uint64(i)}
	}
	for _, v := range all {
		v.left, v.right = all[c.below(n)], all[c.below(n)]
	}
	vertices = all[:1:1]
	vertices = append([]*vertex(nil), vertices...)
}

// server is what requests leave behind: small trees of several objects under a few maps.
func server(n int) {
	maps = map[int]map[int]*leaf{}
	entries = map[int]*entry{}
	for i := 0; i < n/8; i++ {
		number := uint64(i)
		head = &node{next: head, other: &node{}}
		entries[i] = &entry{name: fmt.Sprint("session ", i), owner: head.other}
		leaves = append(leaves, &leaf{&number})
		vertices = append(vertices, &vertex{})
	}
}

func wide(n int) {
	for i := 0; i < n/2; i++ {
		leaves = append(leaves, &leaf{new(uint64)})
	}
}

func dense(n int) {
	maps = map[int]map[int]*leaf{}
	for i := 0; i < n/1000; i++ {
		maps[i] = map[int]*leaf{}
		for k := 0; k < 500; k++ {
			maps[i][k] = &leaf{new(uint64)}
		}
	}
}

// shared has two lists whose elements lead to the same things.
func shared(n int) {
	for i := 0; i < n/3; i++ {
		common := &node{}
		lists[0] = &node{next: lists[0], other: common}
		lists[1] = &node{next: lists[1], other: common}
	}
}

func goroutines(n int) {
	for i := 0; i < n; i++ {
		held := &node{}
		go func() {
			<-parked
			runtime.KeepAlive(held)
		}()
	}
}

func live([]string) ([]byte, error) {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return []byte(fmt.Sprint("bytes=", stats.HeapAlloc, " objects=", stats.HeapObjects)), nil
}

func main() {
	flag.Parse()
	debug.SetGCPercent(400)
	map[string]func(int){"list": list, "shuffled": shuffled, "random": random, "server": server,
		"wide": wide, "dense": dense, "shared": shared, "goroutines": goroutines}[*shape](*count)
	debug.SetGCPercent(-1)
	facts, _ := live(nil)
	control.Serve(string(facts), control.Commands{"live": live})
}
