// Locked here, unlocked by another goroutine when its work is done.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type printer struct {
	busy sync.Mutex
}

func (p *printer) print(pages int, done func()) {
	p.busy.Lock()
	go func() {
		time.Sleep(time.Duration(pages) * time.Minute)
		p.busy.Unlock()
		done()
	}()
}

func office() {
	p := new(printer)
	for i := 0; i < 10; i++ {
		go p.print(1, func() {})
	}
}

func main() {
	office()
	lib.Wait()
}
