// An order locks the stock and then the till, a refund the till and then the stock.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type stock struct {
	mu    sync.Mutex
	items map[string]int
	log   []byte
}

type till struct {
	mu    sync.Mutex
	cents int
	log   []byte
}

func order(s *stock, t *till) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items["apples"]--
	time.Sleep(50 * time.Millisecond)
	t.mu.Lock() // LEAK L15 count=2 bytes=@measured certainty=proved
	defer t.mu.Unlock()
	t.cents += 100
}

func refund(s *stock, t *till) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cents -= 100
	time.Sleep(50 * time.Millisecond)
	s.mu.Lock() // LEAK L15
	defer s.mu.Unlock()
	s.items["apples"]++
}

func open() {
	s := &stock{items: map[string]int{"apples": 10}, log: make([]byte, 1<<20)}
	t := &till{log: make([]byte, 1<<20)}
	go order(s, t)
	go refund(s, t)
}

func main() {
	open()
	lib.Wait()
}
