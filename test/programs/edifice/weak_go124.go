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

var (
	weakly  []weak.Pointer[Weak]
	strong  []*Weak
	faded   []weak.Pointer[Faded]
	cleaned []*Cleaned
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
)
