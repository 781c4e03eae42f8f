// A channel of its own says that it is over.
package main

import (
	"time"

	"corpus/lib"
)

type heartbeat struct {
	ticker *time.Ticker
	packet []byte
	over   chan struct{}
}

func (h *heartbeat) run() {
	for {
		select {
		case <-h.ticker.C:
			h.packet[0]++
		case <-h.over:
			return
		}
	}
}

func connect() {
	h := &heartbeat{time.NewTicker(time.Millisecond), make([]byte, 32768), make(chan struct{})}
	go h.run()
	time.Sleep(2 * time.Millisecond)
	h.ticker.Stop()
	close(h.over)
}

func main() {
	for i := 0; i < 100; i++ {
		connect()
	}
	lib.Wait()
}
