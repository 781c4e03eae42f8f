// The channels to close are in a chain of deferred calls that a loop made.
package main

import (
	"time"

	"corpus/lib"
)

func guard(keys []int, watch func(done <-chan struct{})) {
	for range keys {
		done := make(chan struct{})
		defer close(done)
		go watch(done)
	}
	time.Sleep(time.Hour)
}

func main() {
	go guard(make([]int, 40), func(done <-chan struct{}) {
		<-done
		println("closed")
	})
	lib.Wait()
}
