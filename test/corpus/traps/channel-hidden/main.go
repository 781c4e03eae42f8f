// Channels behind interfaces, closures, atomics, sync.Map, and as keys of a map.
package main

import (
	"sync"
	"sync/atomic"

	"corpus/lib"
)

type gate struct {
	open chan struct{}
}

var (
	closers []func()
	boxed   []interface{}
	byKey   = map[chan int]bool{}
	shared  sync.Map
	latest  atomic.Value
)

func wait(open <-chan struct{}) {
	<-open
	println("open")
}

func main() {
	for i := 0; i < 10; i++ {
		a, b, c, d, e := make(chan struct{}), &gate{make(chan struct{})}, make(chan int), make(chan struct{}), make(chan struct{})
		closers = append(closers, func() { close(a) })
		boxed = append(boxed, b)
		byKey[c] = true
		shared.Store(i, d)
		latest.Store(append(latestGates(), e))
		go wait(a)
		go wait(b.open)
		go func() { println(<-c) }()
		go wait(d)
		go wait(e)
	}
	lib.Wait()
	for c := range byKey {
		c <- 1
	}
	println(len(closers), len(boxed), len(byKey))
}

func latestGates() []chan struct{} {
	gates, _ := latest.Load().([]chan struct{})
	return gates
}
