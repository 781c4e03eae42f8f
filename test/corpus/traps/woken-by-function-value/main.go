// Some are sent to by a function that is called by its value, others are asked by a method of an interface.
package main

import (
	"fmt"

	"corpus/lib"
)

type byParameter struct{ events chan uint8 }

var parameters []*byParameter

//go:noinline
func send(c chan<- uint8, value uint8) { c <- value }

var sender = send

type collector interface{ collect() uint16 }

type listener struct {
	id     int
	events chan uint16
}

func (l *listener) collect() uint16 { return <-l.events }

var listeners []collector

func main() {
	for i := 0; i < 12; i++ {
		p := &byParameter{make(chan uint8)}
		parameters = append(parameters, p)
		go func() { <-p.events }()
		l := &listener{i, make(chan uint16)}
		listeners = append(listeners, l)
		go func() { l.events <- 1 }()
	}
	lib.Wait()
	for i := range parameters {
		sender(parameters[i].events, 1)
		fmt.Println(listeners[i].collect())
	}
}
