// A lock is held while waiting for an answer that will come; others want it.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type cache struct {
	mu     sync.Mutex
	values map[string]string
}

func slow(key string) <-chan string {
	answer := make(chan string, 1)
	time.AfterFunc(time.Hour, func() { answer <- key })
	return answer
}

func (c *cache) get(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values[key] == "" {
		c.values[key] = <-slow(key)
	}
	return c.values[key]
}

func open() {
	c := &cache{values: map[string]string{}}
	for i := 0; i < 25; i++ {
		go c.get(fmt.Sprint("key ", i%3))
	}
}

func main() {
	open()
	lib.Wait()
}
