// It captures the title alone.
package main

import (
	"fmt"

	"corpus/lib"
)

type document struct {
	title string
	text  []byte
}

var callbacks []func() string

func load(number int) *document {
	return &document{fmt.Sprint("document ", number), make([]byte, 262144)}
}

func register(d *document) {
	title := d.title
	callbacks = append(callbacks, func() string {
		return "done: " + title
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
