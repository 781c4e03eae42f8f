// Every session has a timer that ends it, half an hour from now.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type session struct {
	id      int
	expires *time.Timer
	data    [512]byte
}

type store struct {
	mu       sync.Mutex
	sessions map[int]*session
}

func (s *store) open(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &session{id: id}
	one.expires = time.AfterFunc(30*time.Minute, func() { s.close(id) })
	s.sessions[id] = one
}

func (s *store) close(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.sessions[id]; one != nil {
		one.expires.Stop()
		delete(s.sessions, id)
	}
}

func main() {
	s := &store{sessions: map[int]*session{}}
	for id := 0; id < 5000; id++ {
		s.open(id)
	}
	for id := 0; id < 1000; id++ {
		s.close(id)
	}
	lib.Wait()
	println(len(s.sessions))
}
