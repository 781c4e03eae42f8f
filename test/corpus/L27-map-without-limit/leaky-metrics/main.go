// A registry of counters by labels, one of which is the user.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type counter struct {
	value   uint64
	buckets [64]uint64
}

type vector struct {
	sync.RWMutex
	name     string
	children map[string]*counter
}

func (v *vector) with(labels ...string) *counter {
	key := fmt.Sprint(labels)
	v.RLock()
	c := v.children[key]
	v.RUnlock()
	if c != nil {
		return c
	}
	v.Lock()
	defer v.Unlock()
	c = new(counter)    // LEAK L27 count=4000+ bytes=4000*528+ certainty=likely over=3s holder=main.registry
	v.children[key] = c // LEAK L27
	return c
}

type metrics struct{ vectors []*vector }

var registry = metrics{[]*vector{
	{name: "requests", children: map[string]*counter{}},
	{name: "errors", children: map[string]*counter{}},
}}

func handle(user int) {
	registry.vectors[0].with("GET", fmt.Sprint("user-", user)).value++
}

func main() {
	for i := 0; i < 4000; i++ {
		handle(i)
	}
	go func() {
		for i := 4000; ; i++ {
			time.Sleep(10 * time.Millisecond)
			handle(i)
		}
	}()
	lib.Wait()
}
