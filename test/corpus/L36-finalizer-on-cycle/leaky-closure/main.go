// The finalizer is a closure over the very object.
package main

import (
	"fmt"
	"runtime"

	"corpus/lib"
)

type stream struct {
	name   string
	buffer []byte
}

func (s *stream) close() { s.buffer = nil }

func newStream(name string) *stream {
	s := &stream{name, make([]byte, 131072)} // LEAK L36 count=80 bytes=80*131072 certainty=proved
	runtime.SetFinalizer(s, func(*stream) {  // LEAK L36
		s.close()
	})
	return s
}

func main() {
	for i := 0; i < 80; i++ {
		newStream(fmt.Sprint("stream ", i))
	}
	lib.Wait()
}
