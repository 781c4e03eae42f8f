// A pool of buffers that all have the size that is needed.
//
// corpus: over=3s
package main

import (
	"io"
	"strings"
	"sync"
	"time"

	"corpus/lib"
)

var buffers = sync.Pool{New: func() interface{} { return new([65536]byte) }}

func copyAll(from io.Reader, to io.Writer) {
	b := buffers.Get().(*[65536]byte)
	defer buffers.Put(b)
	io.CopyBuffer(to, from, b[:])
}

func main() {
	for i := 0; i < 8; i++ {
		go func() {
			for {
				copyAll(strings.NewReader(strings.Repeat("x", 60000)), io.Discard)
				time.Sleep(3 * time.Millisecond)
			}
		}()
	}
	lib.Wait()
}
