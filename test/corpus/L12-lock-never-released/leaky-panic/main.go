// A handler panics between Lock and Unlock, and the server catches it.
package main

import (
	"sync"

	"corpus/lib"
)

type basket struct {
	mu    sync.Mutex
	items []string
	notes []byte
}

func (b *basket) at(i int) string {
	b.mu.Lock() // LEAK L12 count=20 bytes=@measured certainty=proved
	item := b.items[i]
	b.mu.Unlock()
	return item
}

func guarded(b *basket, i int) {
	defer func() { recover() }()
	b.at(i)
}

func main() {
	for i := 0; i < 10; i++ {
		b := &basket{items: []string{"apples"}, notes: make([]byte, 262144)}
		guarded(b, 0)
		guarded(b, 7)
		go guarded(b, 0)
		go guarded(b, 0)
	}
	lib.Wait()
}
