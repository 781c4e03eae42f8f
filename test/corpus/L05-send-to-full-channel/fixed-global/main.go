// What finds no room is left out.
package main

import (
	"time"

	"corpus/lib"
)

type sample struct {
	route string
	ms    int
}

var samples = make(chan sample, 32)

func warmUp() {
	for i := 0; i < 10; i++ {
		<-samples
	}
}

func handle(route string) {
	began := time.Now()
	select {
	case samples <- sample{route, int(time.Since(began).Milliseconds())}:
	default:
	}
}

func main() {
	go warmUp()
	for i := 0; i < 200; i++ {
		go handle("/orders")
	}
	lib.Wait()
	println(len(samples))
}
