// Logging out stops it.
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type session struct {
	user  string
	cache []byte
	timer *time.Timer
}

func (s *session) refresh() {
	s.cache[0]++
	if s.user != "" {
		s.timer.Reset(200 * time.Millisecond)
	}
}

func login(user string) *session {
	s := &session{user: user, cache: make([]byte, 16384)}
	s.timer = time.AfterFunc(time.Hour, s.refresh)
	s.timer.Reset(200 * time.Millisecond)
	return s
}

func (s *session) logout() {
	s.user = ""
	s.timer.Stop()
}

func main() {
	for i := 0; i < 300; i++ {
		login(fmt.Sprint("user ", i)).logout()
	}
	lib.Wait()
}
