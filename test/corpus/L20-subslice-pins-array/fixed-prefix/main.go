// What is left is moved.
package main

import "corpus/lib"

type recorder struct {
	samples []int64
}

var recorders []*recorder

func record(length int) *recorder {
	r := &recorder{samples: make([]int64, length)}
	for len(r.samples) > 8 {
		r.samples = r.samples[4:]
	}
	r.samples = append([]int64(nil), r.samples...)
	return r
}

func main() {
	for i := 0; i < 60; i++ {
		recorders = append(recorders, record(32768))
	}
	lib.Wait()
	println(len(recorders))
}
