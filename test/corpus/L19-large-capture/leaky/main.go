// A callback wants the title of a document, and captures all of it.
package main

import (
	"fmt"

	"corpus/lib"
)

type document struct {
	title string
	text  []byte
}

var callbacks []func() string // HOLDER L19

func load(number int) *document {
	return &document{fmt.Sprint("document ", number), make([]byte, 262144)} // LEAK L19 count=50 bytes=50*262144 certainty=likely holder=main.callbacks
}

func register(d *document) {
	callbacks = append(callbacks, func() string { // LEAK L19
		return "done: " + d.title
	})
}

func main() {
	lib.Profiled()
	for number := 0; number < 50; number++ {
		register(load(number))
	}
	lib.Wait()
	println(callbacks[0]())
}
