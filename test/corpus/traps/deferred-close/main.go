// Workers whose end is told by a deferred close; they sleep meanwhile.
package main

import (
	"time"

	"corpus/lib"
)

type task struct {
	done   chan struct{}
	result int
}

func (t *task) run(d time.Duration) {
	defer close(t.done)
	time.Sleep(d)
	t.result = int(d)
}

func await(done <-chan struct{}) {
	<-done
	println("done")
}

func start(d time.Duration) {
	t := &task{done: make(chan struct{})}
	go t.run(d)
	go await(t.done)
}

func main() {
	for i := 0; i < 50; i++ {
		start(time.Duration(i+1) * time.Minute)
	}
	lib.Wait()
}
