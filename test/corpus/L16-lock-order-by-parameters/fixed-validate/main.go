// One after the other.
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
	size := len(left.fields)
	left.Unlock()
	time.Sleep(50 * time.Millisecond)
	right.Lock()
	defer right.Unlock()
	return size == len(right.fields)
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
