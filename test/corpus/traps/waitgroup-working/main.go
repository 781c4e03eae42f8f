// Somebody waits for workers that are busy.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

func work(part int, done *sync.WaitGroup) {
	defer done.Done()
	time.Sleep(time.Duration(part+1) * time.Minute)
}

func batch() {
	var done sync.WaitGroup
	for part := 0; part < 8; part++ {
		done.Add(1)
		go work(part, &done)
	}
	done.Wait()
}

func main() {
	for i := 0; i < 10; i++ {
		go batch()
	}
	lib.Wait()
}
