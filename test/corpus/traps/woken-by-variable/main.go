// Variables that lead to nothing yet, or to something of another type: until somebody is chosen.
package main

import (
	"fmt"

	"corpus/lib"
)

type message struct{ text string }
type parcel struct{ weight int }
type invoice struct{ sum int }

type client struct {
	name string
	in   chan message
	out  chan parcel
}

var (
	clients []*client
	active  chan message
	source  any = make(chan invoice, 1)
)

//go:noinline
func publish(m message) {
	if active != nil {
		active <- m
	}
}

//go:noinline
func next() any {
	switch c := source.(type) {
	case chan invoice:
		return <-c
	case chan parcel:
		return <-c
	}
	return nil
}

func main() {
	for i := 0; i < 12; i++ {
		c := &client{fmt.Sprint("client ", i), make(chan message), make(chan parcel)}
		clients = append(clients, c)
		go func() { <-c.in }()
		go func() { c.out <- parcel{1} }()
	}
	publish(message{"nobody hears"})
	lib.Wait()
	for _, c := range clients {
		active, source = c.in, c.out
		publish(message{"hello"})
		fmt.Println(next())
	}
}
