// Stop does not close C: who ranges over it waits for ever, in every release.
package main

import (
	"time"

	"corpus/lib"
)

type heartbeat struct {
	ticker *time.Ticker
	packet []byte
}

func (h *heartbeat) run() {
	for range h.ticker.C { // LEAK L31|L2|L1 count=100 bytes=@measured certainty=likely
		h.packet[0]++
	}
}

func connect() {
	h := &heartbeat{time.NewTicker(time.Millisecond), make([]byte, 32768)}
	go h.run()
	time.Sleep(2 * time.Millisecond)
	h.ticker.Stop()
}

func main() {
	for i := 0; i < 100; i++ {
		connect()
	}
	lib.Wait()
}
