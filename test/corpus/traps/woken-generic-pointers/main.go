// Two queues of pointers share the code that puts something in. One has been at rest for long.
package main

import (
	"fmt"

	"corpus/lib"
)

type event struct{ name string }
type order struct{ rows []int }

type queue[T any] struct {
	length int
	ch     chan T
}

//go:noinline
func (q *queue[T]) put(value T) {
	q.length++
	q.ch <- value
}

type server struct {
	events []*queue[*event]
	orders []*queue[*order]
}

//go:noinline
func (s *server) eventHappens(e *event) {
	for _, q := range s.events {
		q.put(e)
	}
}

//go:noinline
func (s *server) orderComes(i int, o *order) {
	s.orders[i].put(o)
}

func consume[T any](q *queue[T]) {
	for range q.ch {
		q.length--
	}
}

func main() {
	s := &server{}
	for i := 0; i < 12; i++ {
		s.events = append(s.events, &queue[*event]{ch: make(chan *event)})
		s.orders = append(s.orders, &queue[*order]{ch: make(chan *order)})
		go consume(s.events[i])
		go consume(s.orders[i])
	}
	s.eventHappens(&event{"begin"})
	lib.Wait()
	s.eventHappens(&event{"end"})
	s.orderComes(3, &order{})
	fmt.Println(s)
}
