// Two locks taken in one order, and the holder of both at work.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type pair struct {
	a, b sync.Mutex
	sum  int
}

func (p *pair) both(d time.Duration) {
	p.a.Lock()
	defer p.a.Unlock()
	p.b.Lock()
	defer p.b.Unlock()
	time.Sleep(d)
	p.sum++
}

func (p *pair) second() {
	p.b.Lock()
	p.sum--
	p.b.Unlock()
}

func open() {
	p := new(pair)
	for i := 0; i < 10; i++ {
		go p.both(time.Minute)
		go p.second()
	}
}

func main() {
	open()
	lib.Wait()
}
