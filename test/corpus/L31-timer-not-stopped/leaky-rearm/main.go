// The timer of a session sets itself again, also when the session is over.
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
	s.timer.Reset(200 * time.Millisecond)
}

func login(user string) *session {
	s := &session{user: user, cache: make([]byte, 16384)}
	s.timer = time.AfterFunc(time.Hour, s.refresh) // LEAK L31 count=300 bytes=300*16384 certainty=likely
	s.timer.Reset(200 * time.Millisecond)
	return s
}

func (s *session) logout() {
	s.user = ""
}

func main() {
	for i := 0; i < 300; i++ {
		login(fmt.Sprint("user ", i)).logout()
	}
	lib.Wait()
}
