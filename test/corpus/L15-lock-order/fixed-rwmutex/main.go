// The prices first.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type prices struct {
	sync.RWMutex
	cents map[string]int
	page  []byte
}

type log struct {
	mu    sync.Mutex
	lines []string
	page  []byte
}

func show(p *prices, l *log) {
	p.RLock()
	defer p.RUnlock()
	time.Sleep(50 * time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, "shown")
}

func raise(p *prices, l *log) {
	p.Lock()
	defer p.Unlock()
	time.Sleep(50 * time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	p.cents["apples"]++
}

func open() {
	p := &prices{cents: map[string]int{}, page: make([]byte, 1<<20)}
	l := &log{page: make([]byte, 1<<20)}
	go show(p, l)
	go raise(p, l)
}

func main() {
	open()
	lib.Wait()
}
