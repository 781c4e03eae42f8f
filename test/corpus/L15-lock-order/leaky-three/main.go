// Three departments, each holding its own desk and asking for the next one's.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type desk struct {
	mu    sync.Mutex
	next  *desk
	name  string
	paper []byte
}

func (d *desk) pass(depth int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	d.next.mu.Lock() // LEAK L15|L16 count=3 bytes=@measured certainty=proved
	defer d.next.mu.Unlock()
	d.next.paper[0]++
}

func office() {
	sales := &desk{name: "sales", paper: make([]byte, 1<<20)}
	stock := &desk{name: "stock", next: sales, paper: make([]byte, 1<<20)}
	bills := &desk{name: "bills", next: stock, paper: make([]byte, 1<<20)}
	sales.next = bills
	for _, d := range []*desk{sales, stock, bills} {
		go d.pass(1)
	}
}

func main() {
	office()
	lib.Wait()
}
