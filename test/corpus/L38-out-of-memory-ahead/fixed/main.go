// A third of it.
package main

import (
	"runtime/debug"

	"corpus/lib"
)

type document struct {
	text [262144]byte
}

var documents []*document

func main() {
	debug.SetMemoryLimit(64 << 20)
	for i := 0; i < 80; i++ {
		documents = append(documents, new(document))
	}
	lib.Wait()
	println(len(documents))
}
