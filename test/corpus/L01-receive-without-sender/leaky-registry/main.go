// Subscribers are listed, but nobody publishes any more, and none is ever taken off the list.
package main

import (
	"fmt"
	"sync"

	"corpus/lib"
)

type subscriber struct {
	name   string
	events chan string
	seen   []string
}

// The list is written only: no code sends to those on it, or closes them.
var subscribers struct {
	sync.Mutex
	all []*subscriber
}

func (s *subscriber) listen() {
	for {
		event := <-s.events // LEAK L1 count=200 atmost=likely
		s.seen = append(s.seen, event)
	}
}

func subscribe(name string) {
	s := &subscriber{name: name, events: make(chan string)}
	subscribers.Lock()
	subscribers.all = append(subscribers.all, s)
	subscribers.Unlock()
	go s.listen()
}

func main() {
	for i := 0; i < 200; i++ {
		subscribe(fmt.Sprint("browser ", i))
	}
	lib.Wait()
	fmt.Println(len(subscribers.all))
}
