// A sharded cache: who misses leaves its shard locked. Each shard embeds its lock.
package main

import (
	"hash/fnv"
	"time"

	"sync"

	"corpus/lib"
)

type shard struct {
	sync.Mutex
	values map[string][]byte
}

type cache struct {
	shards [4]shard
	misses int
}

func (c *cache) of(key string) *shard {
	h := fnv.New32a()
	h.Write([]byte(key))
	return &c.shards[h.Sum32()%4]
}

func (c *cache) get(key string) ([]byte, bool) {
	s := c.of(key)
	s.Lock() // LEAK L12 certainty=likely count=12
	value, ok := s.values[key]
	if !ok {
		c.misses++
		return nil, false
	}
	s.Unlock()
	return value, true
}

var pages cache

func main() {
	for i := range pages.shards {
		pages.shards[i].values = map[string][]byte{}
	}
	pages.get("nothing")
	for i := 0; i < 12; i++ {
		go pages.get("nothing")
	}
	time.Sleep(10 * time.Millisecond)
	lib.Wait()
	println(pages.misses)
}
