// Every connection can be stopped.
package main

import "corpus/lib"

type connection struct {
	buffer []byte
	stop   chan struct{}
}

func dial() *connection {
	return &connection{buffer: make([]byte, 32768), stop: make(chan struct{})}
}

func (c *connection) reap() {
	<-c.stop
	c.buffer = nil
}

func main() {
	for i := 0; i < 120; i++ {
		c := dial()
		go c.reap()
		close(c.stop)
	}
	lib.Wait()
}
