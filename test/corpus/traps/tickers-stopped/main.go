// Tickers and timers that were stopped and dropped, while many others run: the runtime takes them out of
// its lists only when it comes by.
package main

import (
	"time"

	"corpus/lib"
)

type watch struct {
	ticker *time.Ticker
	buffer []byte
}

func (w *watch) end() int {
	w.ticker.Stop()
	return len(w.buffer)
}

var running []*time.Timer

func main() {
	for i := 0; i < 2000; i++ {
		running = append(running, time.AfterFunc(time.Hour+time.Duration(i)*time.Second, func() {}))
	}
	for i := 0; i < 150; i++ {
		w := &watch{time.NewTicker(2 * time.Hour), make([]byte, 4096)}
		w.end()
		time.NewTimer(2 * time.Hour).Stop()
	}
	lib.Wait()
	for _, t := range running {
		t.Stop()
	}
}
