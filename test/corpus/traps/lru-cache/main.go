// A cache within its bounds: full, and each new entry drops the oldest.
package main

import (
	"container/list"
	"fmt"
	"sync"

	"corpus/lib"
)

type entry struct {
	key  string
	body []byte
}

type cache struct {
	mu      sync.Mutex
	size    int
	order   *list.List
	entries map[string]*list.Element
}

func newCache(size int) *cache {
	return &cache{size: size, order: list.New(), entries: map[string]*list.Element{}}
}

func (c *cache) put(key string, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.order.Len() == c.size {
		oldest := c.order.Remove(c.order.Back()).(*entry)
		delete(c.entries, oldest.key)
	}
	c.entries[key] = c.order.PushFront(&entry{key, body})
}

var pages = newCache(2000)

func main() {
	for i := 0; i < 10000; i++ {
		pages.put(fmt.Sprint("/page/", i), make([]byte, 4096))
	}
	lib.Wait()
	println(pages.order.Len())
}
