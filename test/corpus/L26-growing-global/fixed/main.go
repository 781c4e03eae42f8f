// It keeps the last thousand.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type entry struct {
	at   time.Time
	what [2000]byte
}

var audit struct {
	sync.Mutex
	entries []*entry
}

func note(what string) {
	e := &entry{at: time.Now()}
	copy(e.what[:], what)
	audit.Lock()
	defer audit.Unlock()
	if len(audit.entries) == 1000 {
		copy(audit.entries, audit.entries[1:])
		audit.entries = audit.entries[:999]
	}
	audit.entries = append(audit.entries, e)
}

func main() {
	lib.Profiled()
	for i := 0; i < 2000; i++ {
		note(fmt.Sprint("start ", i))
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(20 * time.Millisecond)
			note(fmt.Sprint("request ", i))
		}
	}()
	lib.Wait()
}
