// SPDX-License-Identifier: Apache-2.0

//go:build goexperiment.arenas

package main

import (
	"arena"
	"unsafe"
)

// Values that lie in an arena: to the collector a chunk of it is one object.

type InArena struct {
	next   *InArena
	target *ArenaTarget
	data   [3]uint64
}
type ArenaTarget struct{ data [5]uint64 }

var (
	room    *arena.Arena
	inArena *InArena
)

func buildArena() {
	room = arena.NewArena()
	for i := 0; i < 1000; i++ {
		one := arena.New[InArena](room)
		one.next, one.target = inArena, new(ArenaTarget)
		inArena = one
	}
}

func describeArena(s *structure) {
	s.Exact = false // the arena and what is in it have two names
	// What the chunk is made of nobody knows, nor what it leads to: only that all of it is there.
	s.Inner = append(s.Inner, object{at(unsafe.Pointer(inArena.target)), name[ArenaTarget]()})
}

var _ = register(building{"arena", "", "", buildArena, describeArena})
