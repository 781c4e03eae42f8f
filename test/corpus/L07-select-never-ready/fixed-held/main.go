// Rooms wait for a message or for their end, which comes.
package main

import (
	"fmt"

	"corpus/lib"
)

type message struct {
	from, text string
}

type room struct {
	name     string
	messages chan *message
	done     chan bool
	log      []*message
}

var rooms = map[string]*room{}

func (r *room) run() {
	for {
		select {
		case m := <-r.messages:
			r.log = append(r.log, m)
		case <-r.done:
			return
		}
	}
}

func open(name string) {
	r := &room{name: name, messages: make(chan *message, 4), done: make(chan bool)}
	rooms[name] = r
	go r.run()
}

func main() {
	for i := 0; i < 40; i++ {
		open(fmt.Sprint("room ", i))
	}
	lib.Wait()
	for _, r := range rooms {
		close(r.done)
	}
	fmt.Println(len(rooms))
}
