// Only what is in no cycle has the finalizer.
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

type handle struct {
	w *window
}

func open() *window {
	w := &window{pixels: make([]byte, 65536)}
	w.menu = &menu{owner: w, items: []string{"quit"}}
	runtime.SetFinalizer(&handle{w}, func(h *handle) { h.w.closed = true })
	return w
}

func main() {
	lib.Profiled()
	for i := 0; i < 150; i++ {
		open()
	}
	lib.Wait()
}
