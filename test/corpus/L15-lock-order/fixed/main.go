// Everybody locks the stock first.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type stock struct {
	mu    sync.Mutex
	items map[string]int
}

type till struct {
	mu    sync.Mutex
	cents int
}

func order(s *stock, t *till) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items["apples"]--
	time.Sleep(50 * time.Millisecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cents += 100
}

func refund(s *stock, t *till) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items["apples"]++
	time.Sleep(50 * time.Millisecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cents -= 100
}

func open() {
	s := &stock{items: map[string]int{"apples": 10}}
	t := new(till)
	go order(s, t)
	go refund(s, t)
}

func main() {
	open()
	lib.Wait()
}
