// Under the lock it looks itself.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type catalogue struct {
	mu    sync.RWMutex
	items map[string]int
	pages []byte
}

func (c *catalogue) price(item string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.items[item]
}

func (c *catalogue) total(items ...string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	time.Sleep(60 * time.Millisecond)
	sum := 0
	for _, item := range items {
		sum += c.items[item]
	}
	return sum
}

func (c *catalogue) set(item string, cents int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[item] = cents
}

func shop() {
	c := &catalogue{items: map[string]int{"apples": 1}, pages: make([]byte, 524288)}
	go c.total("apples", "pears")
	time.Sleep(20 * time.Millisecond)
	go c.set("pears", 2)
}

func main() {
	for i := 0; i < 4; i++ {
		shop()
	}
	lib.Wait()
}
