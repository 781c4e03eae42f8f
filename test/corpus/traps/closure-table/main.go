// Closures that capture what they use, in a table of handlers.
package main

import (
	"fmt"

	"corpus/lib"
)

type template struct {
	parts [][]byte
}

func (t *template) render(values []string) int {
	size := 0
	for i, part := range t.parts {
		size += len(part)
		if i < len(values) {
			size += len(values[i])
		}
	}
	return size
}

var handlers = map[string]func(values []string) int{}

func main() {
	for i := 0; i < 60; i++ {
		t := &template{}
		for p := 0; p < 16; p++ {
			t.parts = append(t.parts, make([]byte, 1024))
		}
		handlers[fmt.Sprint("/page/", i)] = func(values []string) int {
			return t.render(values)
		}
	}
	lib.Wait()
	println(len(handlers))
}
