// Who unsubscribes is taken off the hub's list, and its pump waits for messages for ever.
package main

import (
	"sync"

	"corpus/lib"
)

type subscription[T any] struct {
	topic string
	queue chan T
	seen  []T
}

type hub[T any] struct {
	sync.Mutex
	subscribers map[int]*subscription[T]
	last        int
}

func (h *hub[T]) subscribe(topic string) (*subscription[T], func()) {
	h.Lock()
	defer h.Unlock()
	h.last++
	id, s := h.last, &subscription[T]{topic: topic, queue: make(chan T, 4)}
	h.subscribers[id] = s
	return s, func() {
		h.Lock()
		defer h.Unlock()
		delete(h.subscribers, id)
	}
}

func (h *hub[T]) publish(message T) {
	h.Lock()
	defer h.Unlock()
	for _, s := range h.subscribers {
		select {
		case s.queue <- message:
		default:
		}
	}
}

func (s *subscription[T]) pump() {
	for message := range s.queue { // LEAK L2 count=60 certainty=proved
		s.seen = append(s.seen, message)
	}
}

type event struct{ kind, number int }

var events = &hub[event]{subscribers: map[int]*subscription[event]{}}

func visit(topic string) {
	s, leave := events.subscribe(topic)
	go s.pump()
	events.publish(event{1, 2})
	leave()
}

func main() {
	for i := 0; i < 60; i++ {
		visit("news")
	}
	lib.Wait()
	println(len(events.subscribers))
}
