// `break` leaves the select, not the loop: a poller that was told to stop goes on.
//
// corpus: also=L40
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type poller struct {
	shop string
	stop chan struct{}
	seen int
}

func (p *poller) run() {
	ticker := time.NewTicker(400 * time.Millisecond)
	defer ticker.Stop()
	for {
		select { // LEAK L8 count=40+ certainty=likely over=3s
		case <-ticker.C:
			p.seen++
		case <-p.stop:
			break
		}
	}
}

func visit(shop string) {
	p := &poller{shop: shop, stop: make(chan struct{})}
	go p.run()
	p.stop <- struct{}{}
}

func main() {
	for i := 0; i < 40; i++ {
		visit(fmt.Sprint("shop ", i))
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(100 * time.Millisecond)
			visit(fmt.Sprint("later ", i))
		}
	}()
	lib.Wait()
}
