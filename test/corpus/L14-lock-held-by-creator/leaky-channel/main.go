// The creator holds the lock and waits for its child's answer on a channel.
//
// corpus: also=L1
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
	s.Lock() // LEAK L14 count=5|10 bytes=@measured certainty=proved
	defer s.Unlock()
	answer <- s.total
}

func (s *store) report() int {
	s.Lock()
	defer s.Unlock()
	answer := make(chan int)
	go s.count(answer)
	return <-answer // LEAK L14
}

func main() {
	for i := 0; i < 5; i++ {
		s := &store{pages: make([]byte, 524288)}
		go s.report()
	}
	lib.Wait()
}
