// A cache has an end.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type cache struct {
	mu      sync.Mutex
	entries map[string][]byte
	ticker  *time.Ticker
	end     chan struct{}
}

func newCache() *cache {
	c := &cache{entries: map[string][]byte{}, ticker: time.NewTicker(200 * time.Millisecond),
		end: make(chan struct{})}
	go c.janitor()
	return c
}

func (c *cache) janitor() {
	for {
		select {
		case <-c.ticker.C:
			c.sweep()
		case <-c.end:
			c.ticker.Stop()
			return
		}
	}
}

func (c *cache) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, value := range c.entries {
		if len(value) == 0 {
			delete(c.entries, key)
		}
	}
}

func render(page int) int {
	c := newCache()
	defer close(c.end)
	for i := 0; i < 4; i++ {
		c.mu.Lock()
		c.entries[fmt.Sprint(page, i)] = make([]byte, 16384)
		c.mu.Unlock()
	}
	return len(c.entries)
}

func main() {
	for page := 0; page < 50; page++ {
		render(page)
	}
	lib.Wait()
}
