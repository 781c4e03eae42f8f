// Connections are served until what reads them panics: that is recovered from, and ends them.
//
// corpus: over=3s
package main

import (
	"errors"
	"time"

	"corpus/lib"
)

var errClosed = errors.New("closed")

type connection struct {
	frames chan []byte
	closed bool
	bytes  int
}

//go:noinline
func (c *connection) read() []byte {
	frame, ok := <-c.frames
	if !ok {
		panic(errClosed)
	}
	return frame
}

func (c *connection) close() { c.closed = true }

func (c *connection) serve() {
	defer func() {
		if problem := recover(); problem != nil && problem != errClosed {
			println("lost a connection")
		}
		c.close()
	}()
	for {
		c.bytes += len(c.read())
	}
}

var connections []*connection

func accept() {
	c := &connection{frames: make(chan []byte)}
	connections = append(connections, c)
	go c.serve()
	c.frames <- []byte("hello")
}

func main() {
	for i := 0; i < 5; i++ {
		accept()
	}
	go func() {
		for {
			time.Sleep(600 * time.Millisecond)
			accept()
		}
	}()
	lib.Wait()
	for _, c := range connections {
		close(c.frames)
	}
}
