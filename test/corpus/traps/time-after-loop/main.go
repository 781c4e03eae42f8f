//go:build go1.23

// time.After in a loop: from 1.23 on the collector takes timers that nobody waits for.
//
// corpus: language=own
package main

import (
	"time"

	"corpus/lib"
)

func consume(values <-chan int, done chan<- int) {
	sum := 0
	for {
		select {
		case v, more := <-values:
			if !more {
				done <- sum
				return
			}
			sum += v
		case <-time.After(time.Hour):
			return
		}
	}
}

func main() {
	values, done := make(chan int), make(chan int)
	go consume(values, done)
	for i := 0; i < 20000; i++ {
		values <- i
	}
	lib.Wait()
	close(values)
	println(<-done)
}
