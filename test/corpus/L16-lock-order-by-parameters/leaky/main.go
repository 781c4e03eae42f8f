// Two transfers between the same two accounts, in opposite directions.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type account struct {
	mu    sync.Mutex
	cents int
	book  []byte
}

func transfer(from, to *account, cents int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	to.mu.Lock() // LEAK L16 count=2 bytes=@measured certainty=proved
	defer to.mu.Unlock()
	from.cents -= cents
	to.cents += cents
}

func day() {
	a, b := &account{book: make([]byte, 1<<20)}, &account{book: make([]byte, 1<<20)}
	go transfer(a, b, 100)
	go transfer(b, a, 50)
}

func main() {
	day()
	lib.Wait()
}
