// A wrapper's finalizer closes the channel by which its worker ends.
package main

import (
	"runtime"

	"corpus/lib"
)

type wrapper struct {
	*worker
}

type worker struct {
	quit chan struct{}
	jobs chan func()
}

func (w *worker) run() {
	for {
		select {
		case job := <-w.jobs:
			job()
		case <-w.quit:
			return
		}
	}
}

func newWrapper() *wrapper {
	w := &wrapper{&worker{make(chan struct{}), make(chan func())}}
	go w.worker.run()
	runtime.SetFinalizer(w, func(w *wrapper) { close(w.quit) })
	return w
}

func main() {
	var all []*wrapper
	for i := 0; i < 40; i++ {
		all = append(all, newWrapper())
	}
	lib.Wait()
	println(len(all))
}
