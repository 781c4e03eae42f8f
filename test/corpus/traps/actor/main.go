// Actors with mailboxes that know each other; one of them is known to a timer.
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type actor struct {
	name  string
	mail  chan string
	peers []*actor
}

func (a *actor) run() {
	for message := range a.mail {
		for _, p := range a.peers {
			select {
			case p.mail <- message:
			default:
			}
		}
	}
}

func society(size int) {
	var all []*actor
	for i := 0; i < size; i++ {
		all = append(all, &actor{name: fmt.Sprint("actor ", i), mail: make(chan string, 4)})
	}
	for i, a := range all {
		a.peers = []*actor{all[(i+1)%size], all[(i+7)%size]}
		go a.run()
	}
	time.AfterFunc(time.Hour, func() { all[0].mail <- "wake up" })
}

func main() {
	society(30)
	lib.Wait()
}
