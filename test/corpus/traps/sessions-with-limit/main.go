// Sessions live for an hour, and a janitor deletes those that are older: none is, yet.
//
// corpus: over=3s
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type session struct {
	user string
	seen time.Time
	data [2000]byte
}

type store struct {
	mu       sync.Mutex
	sessions map[string]*session
}

var sessions = store{sessions: map[string]*session{}}

func (s *store) login(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[user] = &session{user: user, seen: time.Now()}
}

func (s *store) expire(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, one := range s.sessions {
		if time.Since(one.seen) > age {
			delete(s.sessions, user)
		}
	}
}

func (s *store) janitor() {
	for range time.Tick(time.Second) {
		s.expire(time.Hour)
	}
}

func main() {
	for i := 0; i < 1500; i++ {
		sessions.login(fmt.Sprint("user ", i))
	}
	go sessions.janitor()
	go func() {
		for i := 0; ; i++ {
			time.Sleep(10 * time.Millisecond)
			sessions.login(fmt.Sprint("guest ", i))
		}
	}()
	lib.Wait()
}
