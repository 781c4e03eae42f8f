// Every order is mailed by a goroutine of its own, and the mail server is slower than the orders.
package main

import (
	"time"

	"corpus/lib"
)

type order struct {
	id   int
	text []byte
}

func (o *order) mail() int {
	time.Sleep(time.Hour) // LEAK L17 count=300+ certainty=likely over=3s
	return len(o.text)
}

func receive(id int) {
	o := &order{id, make([]byte, 4096)}
	go o.mail()
}

func main() {
	for id := 0; id < 300; id++ {
		receive(id)
	}
	go func() {
		// Fast enough for a machine that a hundred other programs keep busy.
		for id := 300; ; id++ {
			receive(id)
			if id%20 == 0 {
				time.Sleep(50 * time.Millisecond)
			}
		}
	}()
	lib.Wait()
}
