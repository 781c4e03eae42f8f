// Waiters that have only each other and a timer, which will close their channel.
package main

import (
	"time"

	"corpus/lib"
)

type trial struct {
	over chan struct{}
	user int
}

func (t *trial) watch() {
	<-t.over
	println("over", t.user)
}

func start(user int) {
	t := &trial{make(chan struct{}), user}
	go t.watch()
	time.AfterFunc(time.Hour, func() { close(t.over) })
}

func main() {
	for user := 0; user < 60; user++ {
		start(user)
	}
	lib.Wait()
}
