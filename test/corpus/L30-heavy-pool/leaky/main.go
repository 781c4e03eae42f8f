// Once in a while an answer is huge. Its buffer goes back into the pool, for answers that are small.
package main

import (
	"bytes"
	"sync"
	"time"

	"corpus/lib"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }} // HOLDER L30

func answer(size int) *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if b.Cap() < size {
		b.Grow(size) // LEAK L30 count=8 bytes=8*2097152 certainty=likely holder=main.buffers
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
		buffers.Put(b)
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
