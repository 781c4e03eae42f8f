// Reports are handed to sessions that are listed for ever, and whose results nobody collects any more.
package main

import (
	"fmt"
	"sync"

	"corpus/lib"
)

type report struct {
	rows int
}

type session struct {
	id      int
	reports chan report
}

var sessions struct {
	sync.Mutex
	byID map[int]*session
}

func (s *session) work() {
	s.reports <- report{s.id} // LEAK L3 count=50 atmost=likely
}

func open(id int) {
	s := &session{id: id, reports: make(chan report)}
	sessions.Lock()
	sessions.byID[id] = s
	sessions.Unlock()
	go s.work()
}

func main() {
	sessions.byID = map[int]*session{}
	for i := 0; i < 50; i++ {
		open(i)
	}
	lib.Wait()
	fmt.Println(len(sessions.byID))
}
