// A reader asks for the read lock again, while a writer waits in between.
package main

import (
	"sync"

	"corpus/lib"
)

type catalogue struct {
	mu    sync.RWMutex
	items map[string]int
	pages []byte
}

func (c *catalogue) price(item string) int {
	c.mu.RLock() // LEAK L42 count=4|8 bytes=@measured certainty=proved
	defer c.mu.RUnlock()
	return c.items[item]
}

// Then nobody is let in any more.
func (c *catalogue) writerWaits() bool {
	if c.mu.TryRLock() {
		c.mu.RUnlock()
		return false
	}
	return true
}

func (c *catalogue) isRead() bool {
	if c.mu.TryLock() {
		c.mu.Unlock()
		return false
	}
	return true
}

func (c *catalogue) total(items ...string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	lib.Until(c.writerWaits)
	sum := 0
	for _, item := range items {
		sum += c.price(item)
	}
	return sum
}

func (c *catalogue) set(item string, cents int) {
	c.mu.Lock() // LEAK L42
	defer c.mu.Unlock()
	c.items[item] = cents
}

func shop() {
	c := &catalogue{items: map[string]int{"apples": 1}, pages: make([]byte, 524288)}
	go c.total("apples", "pears")
	lib.Until(c.isRead)
	go c.set("pears", 2)
}

func main() {
	for i := 0; i < 4; i++ {
		shop()
	}
	lib.Wait()
}
