// The only one with the channel is busy, not waiting.
package main

import (
	"time"

	"corpus/lib"
)

func crunch(results chan<- int) {
	sum := 0
	for began := time.Now(); time.Since(began) < time.Hour; {
		for i := 0; i < 1000; i++ {
			sum += i * i
		}
		time.Sleep(time.Millisecond)
	}
	results <- sum
}

func await(results <-chan int) {
	println(<-results)
}

func start() {
	results := make(chan int)
	go crunch(results)
	go await(results)
}

func main() {
	for i := 0; i < 5; i++ {
		start()
	}
	lib.Wait()
}
