// The customer is always locked first.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type customer struct {
	mu     sync.Mutex
	orders []*order
	file   []byte
}

type order struct {
	mu    sync.Mutex
	owner *customer
	paid  bool
	file  []byte
}

func (c *customer) payAll() {
	c.mu.Lock()
	time.Sleep(50 * time.Millisecond)
	for _, o := range c.orders {
		o.mu.Lock()
		o.paid = true
		o.mu.Unlock()
	}
	c.mu.Unlock()
}

func (o *order) cancel() {
	o.owner.mu.Lock()
	o.mu.Lock()
	time.Sleep(50 * time.Millisecond)
	o.owner.orders = nil
	o.mu.Unlock()
	o.owner.mu.Unlock()
}

func shop() {
	c := &customer{file: make([]byte, 1<<20)}
	o := &order{owner: c, file: make([]byte, 1<<20)}
	c.orders = append(c.orders, o)
	go c.payAll()
	go o.cancel()
}

func main() {
	shop()
	lib.Wait()
}
