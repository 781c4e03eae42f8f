// Spans are gathered in a buffer with room for so many, and sent once it is full, or each minute.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type span struct {
	begin, end int64
	attributes [48]int64
}

type exporter struct {
	mu    sync.Mutex
	spans []span
	sent  int
}

var traces = exporter{spans: make([]span, 0, 20000)}

func (e *exporter) send() {
	e.sent += len(e.spans)
	e.spans = e.spans[:0]
}

func (e *exporter) add(s span) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.spans) == cap(e.spans) {
		e.send()
	}
	e.spans = append(e.spans, s)
}

func main() {
	for i := 0; i < 12000; i++ {
		traces.add(span{begin: int64(i), end: int64(i + 1)})
	}
	go func() {
		for i := 12000; ; i++ {
			time.Sleep(10 * time.Millisecond)
			traces.add(span{begin: int64(i), end: int64(i + 1)})
		}
	}()
	lib.Wait()
	println(traces.sent)
}
