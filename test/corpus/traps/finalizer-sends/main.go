// The only one who can wake the waiter is the finalizer of an object that is still there.
package main

import (
	"runtime"

	"corpus/lib"
)

type lease struct {
	id   int
	room [1000]byte
}

func await(id int, returned <-chan int) {
	println("lease", id, "returned by", <-returned)
}

var leases = map[int]*lease{}

func take(id int) {
	l := &lease{id: id}
	returned := make(chan int, 1)
	runtime.SetFinalizer(l, func(l *lease) { returned <- l.id })
	go await(id, returned)
	leases[id] = l
}

func main() {
	for id := 0; id < 40; id++ {
		take(id)
	}
	lib.Wait()
	println(len(leases))
}
