// The same with a store that only its users have; the holder sleeps below the frame that locked.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type store struct {
	mu    sync.RWMutex
	pages map[string]int
}

func load(page string) int {
	time.Sleep(time.Minute)
	return len(page)
}

func (s *store) update(page string) {
	s.mu.Lock()
	s.pages[page] = load(page)
	s.mu.Unlock()
}

func (s *store) get(page string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.pages[page]
}

func open() {
	s := &store{pages: map[string]int{}}
	go s.update("/")
	time.Sleep(20 * time.Millisecond)
	for i := 0; i < 30; i++ {
		go s.get("/")
		go s.update("/other")
	}
}

func main() {
	open()
	lib.Wait()
}
