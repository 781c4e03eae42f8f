// A cache sweeps itself by a goroutine that nobody can stop; caches come and go.
//
// corpus: also=L31
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
}

func newCache() *cache {
	c := &cache{entries: map[string][]byte{}, ticker: time.NewTicker(200 * time.Millisecond)}
	go c.janitor()
	return c
}

func (c *cache) janitor() {
	for {
		<-c.ticker.C // LEAK L40 count=50 bytes=@measured certainty=likely
		c.sweep()
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
