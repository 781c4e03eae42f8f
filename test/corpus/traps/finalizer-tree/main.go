// Children point to their parent and have finalizers; no parent points to a child.
package main

import (
	"runtime"

	"corpus/lib"
)

type arena struct {
	data [4096]byte
	live int
}

type handle struct {
	parent *arena
	index  int
}

func (a *arena) handle(index int) *handle {
	a.live++
	h := &handle{a, index}
	runtime.SetFinalizer(h, func(h *handle) { h.parent.live-- })
	return h
}

func main() {
	a := new(arena)
	var kept []*handle
	for i := 0; i < 1000; i++ {
		h := a.handle(i)
		if i%2 == 0 {
			kept = append(kept, h)
		}
	}
	lib.Wait()
	println(len(kept))
}
