// Who logs in ends the session.
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type session struct {
	messages chan string
	end      chan struct{}
	expired  chan time.Time
	inbox    []byte
}

func (s *session) run() {
	for {
		select {
		case m := <-s.messages:
			s.inbox = append(s.inbox[:0], m...)
		case <-s.expired:
			return
		case <-s.end:
			return
		}
	}
}

func login(user string) {
	s := &session{
		messages: make(chan string),
		end:      make(chan struct{}),
		expired:  make(chan time.Time),
		inbox:    make([]byte, 0, 32768),
	}
	go s.run()
	s.messages <- "welcome, " + user
	close(s.end)
}

func main() {
	for i := 0; i < 100; i++ {
		login(fmt.Sprint("user ", i))
	}
	lib.Wait()
}
