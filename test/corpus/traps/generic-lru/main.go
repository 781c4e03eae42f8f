// A generic cache of one's own list nodes, full, and busy all the time.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type node[K comparable, V any] struct {
	key        K
	value      V
	prev, next *node[K, V]
}

type lru[K comparable, V any] struct {
	sync.Mutex
	most    int
	root    node[K, V]
	entries map[K]*node[K, V]
}

func newLRU[K comparable, V any](most int) *lru[K, V] {
	c := &lru[K, V]{most: most, entries: map[K]*node[K, V]{}}
	c.root.prev, c.root.next = &c.root, &c.root
	return c
}

func (c *lru[K, V]) unlink(n *node[K, V]) {
	n.prev.next, n.next.prev = n.next, n.prev
	n.prev, n.next = nil, nil
}

func (c *lru[K, V]) put(key K, value V) {
	c.Lock()
	defer c.Unlock()
	if old := c.entries[key]; old != nil {
		c.unlink(old)
		delete(c.entries, key)
	}
	if len(c.entries) == c.most {
		oldest := c.root.prev
		c.unlink(oldest)
		delete(c.entries, oldest.key)
	}
	n := &node[K, V]{key: key, value: value, prev: &c.root, next: c.root.next}
	n.prev.next, n.next.prev = n, n
	c.entries[key] = n
}

type user struct{ name [1000]byte }

func main() {
	users := newLRU[int, *user](3000)
	for i := 0; i < 3500; i++ {
		users.put(i, &user{})
	}
	go func() {
		for i := 3500; ; i++ {
			time.Sleep(2 * time.Millisecond)
			users.put(i, &user{})
		}
	}()
	lib.Wait()
}
