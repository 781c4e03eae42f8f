// What is alive is close to the limit that was set.
package main

import (
	"runtime/debug"

	"corpus/lib"
)

type document struct {
	text [262144]byte
}

var documents []*document // HOLDER L38

func main() {
	debug.SetMemoryLimit(64 << 20)
	for i := 0; i < 236; i++ {
		documents = append(documents, new(document)) // LEAK L38 certainty=suspect place=any
	}
	lib.Wait()
	println(len(documents))
}
