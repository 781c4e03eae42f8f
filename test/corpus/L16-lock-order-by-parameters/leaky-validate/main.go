// Two records are compared in both directions at once.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type record struct {
	sync.RWMutex
	fields map[string]string
	raw    []byte
}

func validate(left, right *record) bool {
	left.Lock()
	left.fields["checked"] = "yes"
	time.Sleep(50 * time.Millisecond)
	right.Lock() // LEAK L16 count=2 bytes=@measured certainty=proved
	same := len(left.fields) == len(right.fields)
	right.Unlock()
	left.Unlock()
	return same
}

func compare() {
	a := &record{fields: map[string]string{}, raw: make([]byte, 1<<20)}
	b := &record{fields: map[string]string{}, raw: make([]byte, 1<<20)}
	go validate(a, b)
	go validate(b, a)
}

func main() {
	compare()
	lib.Wait()
}
