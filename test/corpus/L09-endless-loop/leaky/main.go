// Every login starts a loop that refreshes the session; no logout ends it.
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type session struct {
	user  string
	until time.Time
}

func (s *session) refresh() {
	for {
		time.Sleep(500 * time.Millisecond) // LEAK L9 count=40+ certainty=likely over=3s
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
		login(fmt.Sprint("user ", i))
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(100 * time.Millisecond)
			login(fmt.Sprint("guest ", i))
		}
	}()
	lib.Wait()
}
