// Subscribers wait for news that seldom come; the hub has their channels in a slice of structs.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type subscriber[T any] struct {
	name  string
	queue chan T
	quit  chan struct{}
}

type hub[T any] struct {
	sync.RWMutex
	subscribers []subscriber[T]
}

func (h *hub[T]) join(name string) subscriber[T] {
	h.Lock()
	defer h.Unlock()
	s := subscriber[T]{name, make(chan T, 1), make(chan struct{})}
	h.subscribers = append(h.subscribers, s)
	return s
}

func (h *hub[T]) tell(news T) {
	h.RLock()
	defer h.RUnlock()
	for i := range h.subscribers {
		select {
		case h.subscribers[i].queue <- news:
		case <-h.subscribers[i].quit:
		default:
		}
	}
}

func (s subscriber[T]) listen(heard *int) {
	for {
		select {
		case <-s.queue:
			*heard++
		case <-s.quit:
			return
		}
	}
}

func main() {
	h := &hub[string]{}
	for i := 0; i < 100; i++ {
		s := h.join("somebody")
		go s.listen(new(int))
	}
	go func() {
		for range time.Tick(time.Hour) {
			h.tell("an hour has passed")
		}
	}()
	lib.Wait()
}
