// Main waits for a channel that nobody sends to: the program is to run for ever.
package main

import (
	"time"

	"corpus/lib"
)

func serve(requests <-chan int, answers chan<- int) {
	for r := range requests {
		answers <- r * 2
	}
}

func main() {
	requests, answers := make(chan int), make(chan int)
	go serve(requests, answers)
	go func() {
		for i := 0; ; i++ {
			requests <- i
			<-answers
			time.Sleep(20 * time.Millisecond)
		}
	}()
	forever := make(chan struct{})
	lib.Background()
	<-forever
}
