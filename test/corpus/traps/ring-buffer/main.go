// The last of the log, in a ring: as long as it will ever be.
//
// corpus: over=3s
package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"corpus/lib"
)

type ring struct {
	mu    sync.Mutex
	lines []string
	next  int
}

var last = &ring{lines: make([]string, 4096)}

func (r *ring) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.next%len(r.lines)] = line
	r.next++
}

func main() {
	go func() {
		for i := 0; ; i++ {
			for j := 0; j < 100; j++ {
				last.add(fmt.Sprint("line ", i, " ", strings.Repeat("=", 100)))
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	lib.Wait()
}
