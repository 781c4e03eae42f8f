// Rooms wait for a message or for their end; both were taken out of the program.
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
		select { // LEAK L7|L40 count=40 atmost=likely
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
	fmt.Println(len(rooms))
}
