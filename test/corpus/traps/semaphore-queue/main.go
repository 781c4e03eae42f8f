// More wants than places: many wait for a semaphore whose holders are at work.
package main

import (
	"time"

	"corpus/lib"
)

var places = make(chan struct{}, 4)

func convert(size int) {
	places <- struct{}{}
	defer func() { <-places }()
	time.Sleep(time.Duration(size) * time.Minute)
}

func main() {
	for i := 0; i < 70; i++ {
		go convert(1 + i%3)
	}
	lib.Wait()
}
