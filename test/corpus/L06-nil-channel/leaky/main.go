// A connection without the option has no channel to be stopped by, and waits for one all the same.
package main

import "corpus/lib"

type options struct {
	stoppable bool
}

type connection struct {
	buffer []byte
	stop   chan struct{}
}

func dial(o options) *connection {
	c := &connection{buffer: make([]byte, 32768)}
	if o.stoppable {
		c.stop = make(chan struct{})
	}
	return c
}

func (c *connection) reap() {
	<-c.stop // LEAK L6 count=120 bytes=@measured certainty=proved
	c.buffer = nil
}

func main() {
	for i := 0; i < 120; i++ {
		go dial(options{}).reap()
	}
	lib.Wait()
}
