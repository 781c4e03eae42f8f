// Samples are taken from the front; of each long recording the last few are left, and all of its room.
package main

import "corpus/lib"

type recorder struct {
	samples []int64 // HOLDER L20
}

var recorders []*recorder

func record(length int) *recorder {
	r := &recorder{samples: make([]int64, length)} // LEAK L20 count=60 bytes=60*262144 certainty=likely holder=main.recorders
	for len(r.samples) > 8 {
		r.samples = r.samples[4:]
	}
	return r
}

func main() {
	for i := 0; i < 60; i++ {
		recorders = append(recorders, record(32768))
	}
	lib.Wait()
	println(len(recorders))
}
