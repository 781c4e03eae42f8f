// It uses what it is given.
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
	s := &stream{name, make([]byte, 131072)}
	runtime.SetFinalizer(s, func(s *stream) {
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
