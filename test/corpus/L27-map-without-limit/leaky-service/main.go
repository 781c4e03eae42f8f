// The map is a field of a service that a global points to.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type cart struct {
	items [1000]int32
}

type service struct {
	name  string
	mu    sync.Mutex
	carts map[int64]*cart // HOLDER L27
}

var shop *service

func (s *service) open(id int64) {
	c := new(cart) // LEAK L27 count=1200+ bytes=1200*4096+ certainty=likely over=3s holder=carts
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carts[id] = c // LEAK L27
}

func main() {
	shop = &service{name: "shop", carts: map[int64]*cart{}}
	for id := int64(0); id < 1200; id++ {
		shop.open(id)
	}
	go func() {
		for id := int64(1200); ; id++ {
			time.Sleep(20 * time.Millisecond)
			shop.open(id)
		}
	}()
	lib.Wait()
}
