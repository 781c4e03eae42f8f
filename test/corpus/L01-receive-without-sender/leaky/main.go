// A cart's watcher waits for updates. The cart is dropped, its channel is never closed.
package main

import (
	"fmt"

	"corpus/lib"
)

type update struct {
	item   string
	amount int
}

type cart struct {
	owner   string
	updates chan update
	history []byte
	items   int
}

func (c *cart) watch() {
	go func() {
		for {
			u := <-c.updates // LEAK L1 count=500 bytes=@measured certainty=proved
			c.items += u.amount
			c.history = append(c.history[:0], u.item...)
		}
	}()
}

func visit(customer int) {
	c := &cart{
		owner:   fmt.Sprint("customer ", customer),
		updates: make(chan update),
		history: make([]byte, 0, 16384),
	}
	c.watch()
	c.updates <- update{"apples", 3}
}

func main() {
	for customer := 0; customer < 500; customer++ {
		visit(customer)
	}
	lib.Wait()
}
