// add holds the lock and asks for the total, which takes the lock again.
package main

import (
	"sync"

	"corpus/lib"
)

type ledger struct {
	mu      sync.Mutex
	entries []int
	paper   []byte
}

func (l *ledger) total() int {
	l.mu.Lock() // LEAK L13 count=8 bytes=@measured certainty=proved
	defer l.mu.Unlock()
	sum := 0
	for _, entry := range l.entries {
		sum += entry
	}
	return sum
}

func (l *ledger) add(entry int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
	return l.total()
}

func main() {
	for i := 0; i < 8; i++ {
		l := &ledger{paper: make([]byte, 262144)}
		go l.add(i)
	}
	lib.Wait()
}
