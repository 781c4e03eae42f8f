// A deferred call runs in a panic, too.
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
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.items[i]
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
