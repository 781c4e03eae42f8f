//go:build go1.24

// A channel that only its waiters have, but for a weak pointer by which it is closed in the end.
package main

import (
	"weak"

	"corpus/lib"
)

type gate struct {
	open chan struct{}
	name string
}

func (g *gate) pass() {
	<-g.open
	println("through", g.name)
}

func build(name string) weak.Pointer[gate] {
	g := &gate{make(chan struct{}), name}
	for i := 0; i < 20; i++ {
		go g.pass()
	}
	return weak.Make(g)
}

func main() {
	gates := map[string]weak.Pointer[gate]{}
	for _, name := range []string{"north", "south"} {
		gates[name] = build(name)
	}
	lib.Wait()
	for _, g := range gates {
		if alive := g.Value(); alive != nil {
			close(alive.open)
		}
	}
}
