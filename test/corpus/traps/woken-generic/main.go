// A hub and a collector for any type: their channels' types are those of whoever uses them.
package main

import (
	"fmt"
	"sync"

	"corpus/lib"
)

type hub[T any] struct {
	lock sync.Mutex
	all  []chan T
}

func (h *hub[T]) subscribe() {
	c := make(chan T)
	h.lock.Lock()
	h.all = append(h.all, c)
	h.lock.Unlock()
	go func() { <-c }()
}

func (h *hub[T]) publish(value T) {
	h.lock.Lock()
	defer h.lock.Unlock()
	for _, c := range h.all {
		c <- value
	}
}

//go:noinline
func take[T any](c <-chan T) T { return <-c }

type account int
type customer int

type desk struct {
	first  chan account
	second chan customer
}

var (
	numbers hub[int32]
	desks   []*desk
)

func main() {
	for i := 0; i < 12; i++ {
		numbers.subscribe()
		d := &desk{make(chan account, 1), make(chan customer)}
		d.first <- 1
		desks = append(desks, d)
		go func() { d.second <- 1 }()
	}
	lib.Wait()
	numbers.publish(1)
	for _, d := range desks {
		fmt.Println(take(d.first), take(d.second))
	}
}
