// A registry whose label values are few: as many counters as there will ever be.
//
// corpus: over=3s
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type counter struct{ value, sum uint64 }

type vector[K comparable] struct {
	sync.RWMutex
	children map[K]*counter
}

func (v *vector[K]) with(labels K) *counter {
	v.RLock()
	c := v.children[labels]
	v.RUnlock()
	if c == nil {
		v.Lock()
		defer v.Unlock()
		c = &counter{}
		v.children[labels] = c
	}
	return c
}

type labels struct{ method, status string }

var requests = vector[labels]{children: map[labels]*counter{}}

func handle(i int) {
	requests.with(labels{[]string{"GET", "POST"}[i%2], fmt.Sprint(200 + i%300)}).value++
}

func main() {
	for i := 0; i < 10000; i++ {
		handle(i)
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(time.Millisecond)
			handle(i)
		}
	}()
	lib.Wait()
}
