// One holds the lock for long, and works; a queue forms behind it.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type store struct {
	mu    sync.Mutex
	items map[int]int
}

func (s *store) rebuild() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < 100; i++ {
		s.items[i] = i
		time.Sleep(time.Second)
	}
}

func (s *store) get(i int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.items[i]
}

func main() {
	s := &store{items: map[int]int{}}
	go s.rebuild()
	time.Sleep(20 * time.Millisecond)
	for i := 0; i < 60; i++ {
		go s.get(i)
	}
	lib.Wait()
}
