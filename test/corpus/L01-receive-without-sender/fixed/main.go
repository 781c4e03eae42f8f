// The visit ends by telling the watcher.
package main

import (
	"context"
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

func (c *cart) watch(ctx context.Context) {
	go func() {
		for {
			select {
			case u := <-c.updates:
				c.items += u.amount
				c.history = append(c.history[:0], u.item...)
			case <-ctx.Done():
				return
			}
		}
	}()
}

func visit(customer int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &cart{
		owner:   fmt.Sprint("customer ", customer),
		updates: make(chan update),
		history: make([]byte, 0, 16384),
	}
	c.watch(ctx)
	c.updates <- update{"apples", 3}
}

func main() {
	for customer := 0; customer < 500; customer++ {
		visit(customer)
	}
	lib.Wait()
}
