// Clients wait for answers that a dispatcher will bring, which has the channels from elsewhere, at other
// places in other structs; and cars wait for a lane of several.
package main

import (
	"fmt"

	"corpus/lib"
)

type reply struct{ text string }

type call struct {
	id      uint64
	method  string
	timeout float64
	done    chan reply
}

type delivery struct {
	to chan reply
	r  reply
}

type car struct{ wheels int }

var (
	pending    = map[uint64]*call{}
	deliveries = make(chan *delivery)
	lanes      = [][]chan car{make([]chan car, 3)}
)

func dispatch() {
	for d := range deliveries {
		d.to <- d.r
	}
}

//go:noinline
func drive(lanes []chan car) car { return <-lanes[1] }

func main() {
	go dispatch()
	lanes[0][1] = make(chan car)
	for i := uint64(0); i < 12; i++ {
		c := &call{id: i, method: "get", done: make(chan reply)}
		pending[i] = c
		go func() { <-c.done }()
		go func() { lanes[0][1] <- car{4} }()
	}
	lib.Wait()
	for _, c := range pending {
		deliveries <- &delivery{c.done, reply{"here"}}
		fmt.Println(drive(lanes[0]))
	}
}
