// It asks before it locks.
package main

import (
	"sync"

	"corpus/lib"
)

type store struct {
	sync.Mutex
	total int
	pages []byte
}

func (s *store) count(answer chan<- int) {
	s.Lock()
	defer s.Unlock()
	answer <- s.total
}

func (s *store) report() int {
	answer := make(chan int)
	go s.count(answer)
	total := <-answer
	s.Lock()
	defer s.Unlock()
	s.pages[0] = byte(total)
	return total
}

func main() {
	for i := 0; i < 5; i++ {
		s := &store{pages: make([]byte, 524288)}
		go s.report()
	}
	lib.Wait()
}
