// The one catalogue stays locked after an item that does not exist.
package main

import (
	"sync"

	"corpus/lib"
)

type catalogue struct {
	sync.Mutex
	prices map[string]int
}

var shop = catalogue{prices: map[string]int{"apples": 100}}

func (c *catalogue) price(item string) (int, bool) {
	c.Lock() // LEAK L12 count=25 certainty=likely atmost=likely
	cents, known := c.prices[item]
	if !known {
		return 0, false
	}
	c.Unlock()
	return cents, true
}

func main() {
	shop.price("apples")
	shop.price("pears")
	for i := 0; i < 25; i++ {
		go shop.price("apples")
	}
	lib.Wait()
	println(len(shop.prices))
}
