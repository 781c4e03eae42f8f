// Only what is small goes back.
package main

import (
	"bytes"
	"sync"
	"time"

	"corpus/lib"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func answer(size int) *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if b.Cap() < size {
		b.Grow(size)
	}
	for b.Len() < size {
		b.WriteString("0123456789abcdef")
	}
	return b
}

func traffic(size int) {
	var answers [8]*bytes.Buffer
	for i := range answers {
		answers[i] = answer(size)
	}
	for _, b := range answers {
		if b.Cap() <= 65536 {
			buffers.Put(b)
		}
	}
}

func main() {
	lib.Profiled()
	traffic(2000000)
	go func() {
		for {
			traffic(100)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	lib.Wait()
}
