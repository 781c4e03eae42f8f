// A closed channel is drained and the range over it ends; some are still on their way.
package main

import (
	"time"

	"corpus/lib"
)

func drain(values <-chan int, each time.Duration) {
	for range values {
		time.Sleep(each)
	}
}

func batch(size int) {
	values := make(chan int, size)
	for i := 0; i < size; i++ {
		values <- i
	}
	close(values)
	go drain(values, time.Second)
}

func main() {
	for i := 0; i < 30; i++ {
		batch(300)
	}
	lib.Wait()
}
