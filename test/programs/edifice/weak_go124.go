// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

// A weak pointer keeps nothing; a cleanup keeps what it will be called with.

type Weak struct{ data [9]uint64 }
type Faded struct{ data [10]uint64 }
type Cleaned struct{ data [12]uint64 }
type CleanupHolds struct{ data [14]uint64 }
type CleanupArgument struct{ data [16]uint64 }
type CleanupParts struct {
	number int
	first  *CleanupPart
	last   *CleanupPart
}
type CleanupPart struct{ data [18]uint64 }
type CleanupTarget struct{ data [20]uint64 }
type CleanupMethod struct{ data [22]uint64 }

var (
	weakly  []weak.Pointer[Weak]
	strong  []*Weak
	faded   []weak.Pointer[Faded]
	cleaned []*Cleaned
	parts   []*CleanupTarget
)

func buildWeakly() {
	for i := 0; i < 15; i++ {
		object := new(Weak)
		strong = append(strong, object)
		weakly = append(weakly, weak.Make(object))
		faded = append(faded, weak.Make(new(Faded)))
	}
}

func describeWeakly(s *structure) {
	values[Weak](s, 15)
	values[Faded](s, 0)
	s.Exact = false // three roots
	know(s, strong[3])
}

//go:noinline
func clean(object *Cleaned, holds *CleanupHolds) {
	runtime.AddCleanup(object, func(argument *CleanupArgument) { holds.data[0]++ },
		new(CleanupArgument))
}

func (m *CleanupMethod) cleanParts(parts CleanupParts) { m.data[parts.number]++ }

// What is handed to it is no pointer, and it is called by way of a method.
func buildParts() {
	for i := 0; i < 9; i++ {
		target := new(CleanupTarget)
		parts = append(parts, target)
		runtime.AddCleanup(target, new(CleanupMethod).cleanParts,
			CleanupParts{i, new(CleanupPart), new(CleanupPart)})
		runtime.AddCleanup(target, func(int) {}, i)
	}
}

func describeParts(s *structure) {
	values[CleanupTarget](s, 9)
	values[CleanupMethod](s, 9)
	values[CleanupParts](s, 9)
	values[CleanupPart](s, 18)
	s.Exact = false
}

func buildCleaned() {
	cleaned = make([]*Cleaned, 18)
	for i := range cleaned {
		cleaned[i] = new(Cleaned)
		clean(cleaned[i], new(CleanupHolds))
	}
}

func describeCleaned(s *structure) {
	values[Cleaned](s, 18)
	values[CleanupHolds](s, 18)
	values[CleanupArgument](s, 18)
	s.Exact = false // what is cleaned up with is the cleanups'
}

var _ = register(
	building{"weak pointers", "", "", buildWeakly, describeWeakly},
	building{"cleanups", "", "", buildCleaned, describeCleaned},
	building{"cleanups of values", "", "", buildParts, describeParts},
)
