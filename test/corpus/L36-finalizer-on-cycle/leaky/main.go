// Parent and child point to each other, and the parent has a finalizer: it never runs.
package main

import (
	"runtime"

	"corpus/lib"
)

type window struct {
	pixels []byte
	menu   *menu
	closed bool
}

type menu struct {
	owner *window
	items []string
}

func open() *window {
	w := &window{pixels: make([]byte, 65536)} // LEAK L36 count=150 bytes=150*65536 certainty=proved
	w.menu = &menu{owner: w, items: []string{"quit"}}
	runtime.SetFinalizer(w, func(w *window) { w.closed = true }) // LEAK L36
	return w
}

func main() {
	lib.Profiled()
	for i := 0; i < 150; i++ {
		open()
	}
	lib.Wait()
}
