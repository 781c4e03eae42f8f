// The audit trail only ever gets longer.
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

var audit struct { // HOLDER L26
	sync.Mutex
	entries []*entry // HOLDER L26
}

func note(what string) {
	e := &entry{at: time.Now()} // LEAK L26 count=2000+ bytes=2000*2048+ certainty=likely over=3s holder=main.audit
	copy(e.what[:], what)
	audit.Lock()
	defer audit.Unlock()
	audit.entries = append(audit.entries, e) // LEAK L26
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
