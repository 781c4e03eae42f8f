// The writer goes on taking lines, and counts what it could not write.
package main

import (
	"errors"
	"fmt"
	"sync"

	"corpus/lib"
)

type audit struct {
	lines chan string
	disk  func(string) error
}

var errFull = errors.New("disk full")

func newAudit() *audit {
	written := 0
	a := &audit{lines: make(chan string, 16), disk: func(string) error {
		if written++; written == 3 {
			return errFull
		}
		return nil
	}}
	go a.write()
	return a
}

func (a *audit) write() {
	lost := 0
	for line := range a.lines {
		if err := a.disk(line); err != nil {
			lost++
		}
	}
}

type request struct {
	id   int
	body []byte
}

func (r *request) handle(a *audit) {
	a.lines <- fmt.Sprint("request ", r.id)
	r.body = r.body[:0]
}

func serve(requests int) {
	a := newAudit()
	var handled sync.WaitGroup
	for id := 0; id < requests; id++ {
		handled.Add(1)
		go func(id int) {
			defer handled.Done()
			(&request{id, make([]byte, 32768)}).handle(a)
		}(id)
	}
	handled.Wait()
	close(a.lines)
}

func main() {
	serve(100)
	lib.Wait()
}
