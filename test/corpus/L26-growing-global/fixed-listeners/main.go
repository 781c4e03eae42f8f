// Whoever is interested adds a function to an emitter's list, and takes it off again.
//
// corpus: hints=L26
package main

import (
	"time"

	"corpus/lib"
)

type order struct{ id int }

type listener func(order)

type emitter struct {
	name      string
	listeners []listener
}

func (e *emitter) on(l listener) {
	if len(e.listeners) == 1500 {
		copy(e.listeners, e.listeners[1:])
		e.listeners = e.listeners[:1499]
	}
	e.listeners = append(e.listeners, l)
}

func (e *emitter) emit(o order) {
	for _, l := range e.listeners {
		l(o)
	}
}

type session struct {
	seen  int
	state [2000]byte
}

func (s *session) heed(o order) { s.seen = o.id }

func open(e *emitter) {
	s := new(session)
	e.on(s.heed)
}

func main() {
	orders := &emitter{name: "orders"}
	for i := 0; i < 1500; i++ {
		open(orders)
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(10 * time.Millisecond)
			open(orders)
			orders.emit(order{i})
		}
	}()
	lib.Wait()
	println(orders.name)
}
