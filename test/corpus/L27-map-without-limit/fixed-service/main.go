// There are so many carts, and no more.
// corpus: hints=L27
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
	carts map[int64]*cart
}

var shop *service

func (s *service) open(id int64) {
	c := new(cart)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carts[id%1000] = c
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
