// Unlocked while it waits.
package main

import (
	"sync"

	"corpus/lib"
)

type shop struct {
	mu    sync.Mutex
	items map[string]int
	paper []byte
}

func (s *shop) restock() {
	var helpers sync.WaitGroup
	helpers.Add(1)
	go func() {
		defer helpers.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.items["apples"]++
	}()
	helpers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items["pears"]++
}

func main() {
	for i := 0; i < 6; i++ {
		s := &shop{items: map[string]int{}, paper: make([]byte, 524288)}
		go s.restock()
	}
	lib.Wait()
}
