// Measurements are appended to a slice that holds them itself.
package main

import (
	"time"

	"corpus/lib"
)

type sample struct {
	at, value int64
	labels    [14]int64
}

var samples []sample // HOLDER L26

func measure(i int) {
	samples = append(samples, sample{at: int64(i)}) // LEAK L26 count=100000+ bytes=100000*128+ certainty=likely over=3s holder=main.samples
}

func main() {
	for i := 0; i < 100000; i++ {
		measure(i)
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(20 * time.Millisecond)
			for j := 0; j < 10; j++ {
				measure(i)
			}
		}
	}()
	lib.Wait()
}
