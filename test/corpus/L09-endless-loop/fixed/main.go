// The loop looks whether the session is over.
package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"corpus/lib"
)

type session struct {
	user  string
	until time.Time
	over  atomic.Bool
}

func (s *session) refresh() {
	for !s.over.Load() {
		time.Sleep(500 * time.Millisecond)
		s.until = time.Now().Add(time.Minute)
	}
}

func login(user string) *session {
	s := &session{user: user}
	go s.refresh()
	return s
}

func main() {
	for i := 0; i < 40; i++ {
		login(fmt.Sprint("user ", i)).over.Store(true)
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(100 * time.Millisecond)
			login(fmt.Sprint("guest ", i)).over.Store(true)
		}
	}()
	lib.Wait()
}
