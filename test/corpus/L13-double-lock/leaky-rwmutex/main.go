// The writer of a table reads it by the method that takes the read lock.
package main

import (
	"sync"

	"corpus/lib"
)

type table struct {
	mu   sync.RWMutex
	rows map[int]string
	page []byte
}

func (t *table) get(id int) (string, bool) {
	t.mu.RLock() // LEAK L13 count=12 bytes=@measured certainty=proved
	defer t.mu.RUnlock()
	row, ok := t.rows[id]
	return row, ok
}

func (t *table) insert(id int, row string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.get(id); !ok {
		t.rows[id] = row
	}
}

func main() {
	for i := 0; i < 12; i++ {
		t := &table{rows: map[int]string{}, page: make([]byte, 262144)}
		go t.insert(i, "row")
	}
	lib.Wait()
}
