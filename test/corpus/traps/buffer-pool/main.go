// A pool of buffers of usual sizes, in use.
//
// corpus: over=3s
package main

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func render(id int) int {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	for i := 0; i < 200+id%100; i++ {
		fmt.Fprintf(b, "row %d of page %d\n", i, id)
	}
	return b.Len()
}

func main() {
	for worker := 0; worker < 8; worker++ {
		go func(id int) {
			for {
				render(id)
				id++
				time.Sleep(5 * time.Millisecond)
			}
		}(worker)
	}
	lib.Wait()
}
