// Each of a dozen tenants has a poller for as long as the program lives: it works for the world.
package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"corpus/lib"
)

var polled int64

type poller struct {
	tenant string
	last   time.Time
	orders []int
}

func (p *poller) poll() {
	p.last = time.Now()
	p.orders = append(p.orders[:0], len(p.tenant))
	atomic.AddInt64(&polled, int64(len(p.orders)))
}

func (p *poller) run() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C {
		p.poll()
	}
}

func main() {
	for i := 0; i < 12; i++ {
		go (&poller{tenant: fmt.Sprint("tenant ", i)}).run()
	}
	lib.Wait()
	println(atomic.LoadInt64(&polled))
}
