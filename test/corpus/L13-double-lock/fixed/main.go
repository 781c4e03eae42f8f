// What runs under the lock has a name that says so.
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

func (l *ledger) totalLocked() int {
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
	return l.totalLocked()
}

func main() {
	for i := 0; i < 8; i++ {
		l := &ledger{paper: make([]byte, 262144)}
		go l.add(i)
	}
	lib.Wait()
}
