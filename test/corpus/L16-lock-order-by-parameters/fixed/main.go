// In the order of their numbers.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type account struct {
	number int
	mu     sync.Mutex
	cents  int
	book   []byte
}

func transfer(from, to *account, cents int) {
	first, second := from, to
	if first.number > second.number {
		first, second = second, first
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	second.mu.Lock()
	defer second.mu.Unlock()
	from.cents -= cents
	to.cents += cents
}

func day() {
	a, b := &account{1, sync.Mutex{}, 0, nil}, &account{2, sync.Mutex{}, 0, nil}
	go transfer(a, b, 100)
	go transfer(b, a, 50)
}

func main() {
	day()
	lib.Wait()
}
