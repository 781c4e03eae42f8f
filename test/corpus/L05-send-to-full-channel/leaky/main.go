// The writer of an audit log gives up at the first error. The log fills, and then all that use it wait.
package main

import (
	"errors"
	"fmt"

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
	for line := range a.lines {
		if err := a.disk(line); err != nil {
			return
		}
	}
}

type request struct {
	id   int
	body []byte
}

func (r *request) handle(a *audit) {
	a.lines <- fmt.Sprint("request ", r.id) // LEAK L5 count=81 bytes=@measured certainty=proved
	r.body = r.body[:0]
}

func serve(requests int) {
	a := newAudit()
	for id := 0; id < requests; id++ {
		go (&request{id, make([]byte, 32768)}).handle(a)
	}
}

func main() {
	serve(100)
	lib.Wait()
}
