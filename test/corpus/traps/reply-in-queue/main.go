// Callers wait for replies; their requests lie in the queue of a slow server.
package main

import (
	"time"

	"corpus/lib"
)

type request struct {
	id    int
	reply chan int
}

func serve(requests <-chan request) {
	for r := range requests {
		time.Sleep(time.Minute)
		r.reply <- r.id
	}
}

func call(requests chan<- request, id int) int {
	r := request{id, make(chan int)}
	requests <- r
	return <-r.reply
}

func main() {
	requests := make(chan request, 100)
	go serve(requests)
	for id := 0; id < 90; id++ {
		go call(requests, id)
	}
	lib.Wait()
}
