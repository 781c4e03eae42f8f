// Measurements are gathered and sent when there are enough of them, in one slice all the time.
//
// corpus: over=3s
package main

import (
	"time"

	"corpus/lib"
)

type sample struct {
	at    int64
	value [15]float64
}

type batch struct {
	samples []sample
	sent    int
}

var pending = batch{samples: make([]sample, 0, 16384)}

func (b *batch) add(s sample) {
	if len(b.samples) == cap(b.samples) {
		b.sent += len(b.samples)
		b.samples = b.samples[:0]
	}
	b.samples = append(b.samples, s)
}

func main() {
	for i := 0; i < 30000; i++ {
		pending.add(sample{at: int64(i)})
	}
	go func() {
		for i := 30000; ; i++ {
			time.Sleep(10 * time.Millisecond)
			for j := 0; j < 64; j++ {
				pending.add(sample{at: int64(i*64 + j)})
			}
		}
	}()
	lib.Wait()
	println(pending.sent)
}
