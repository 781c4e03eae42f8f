// Statistics go into a channel that is read at the start only.
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
	samples <- sample{route, int(time.Since(began).Milliseconds())} // LEAK L5 count=158 certainty=suspect atmost=likely
}

func main() {
	go warmUp()
	for i := 0; i < 200; i++ {
		go handle("/orders")
	}
	lib.Wait()
	println(len(samples))
}
