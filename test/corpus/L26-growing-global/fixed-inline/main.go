// They are written over, round and round.
package main

import (
	"time"

	"corpus/lib"
)

type sample struct {
	at, value int64
	labels    [14]int64
}

var samples []sample

func measure(i int) {
	if len(samples) < 1000 {
		samples = append(samples, sample{at: int64(i)})
		return
	}
	samples[i%1000] = sample{at: int64(i)}
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
