// Who leaves is taken off the list, and its channel closed.
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

var subscribers struct {
	sync.Mutex
	all map[string]*subscriber
}

func (s *subscriber) listen() {
	for event := range s.events {
		s.seen = append(s.seen, event)
	}
}

func subscribe(name string) {
	s := &subscriber{name: name, events: make(chan string)}
	subscribers.Lock()
	subscribers.all[name] = s
	subscribers.Unlock()
	go s.listen()
}

func unsubscribe(name string) {
	subscribers.Lock()
	defer subscribers.Unlock()
	close(subscribers.all[name].events)
	delete(subscribers.all, name)
}

func main() {
	subscribers.all = map[string]*subscriber{}
	for i := 0; i < 200; i++ {
		subscribe(fmt.Sprint("browser ", i))
	}
	for i := 0; i < 200; i++ {
		unsubscribe(fmt.Sprint("browser ", i))
	}
	lib.Wait()
	fmt.Println(len(subscribers.all))
}
