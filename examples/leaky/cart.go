package main

import (
	"fmt"
	"io"
)

// Cart is what a customer is about to buy.
type Cart struct {
	items   []string
	updates chan string
}

func newCart() *Cart {
	c := &Cart{updates: make(chan string)}
	c.watch()
	return c
}

// watch writes down what goes into the cart, so that the shop knows what sells.
//
// The leak: when the request is over the cart is dropped, and nobody closes c.updates. Each
// request leaves one goroutine behind that waits for an update for ever.
func (c *Cart) watch() {
	go func() {
		for item := range c.updates {
			fmt.Fprintln(io.Discard, "wanted:", item)
		}
	}()
}

func (c *Cart) add(item string) {
	c.items = append(c.items, item)
	c.updates <- item
}

func (c *Cart) count() int {
	return len(c.items)
}
