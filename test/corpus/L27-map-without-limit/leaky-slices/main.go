// A map of slices: more keys, and more under each.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type order struct {
	id   int
	text [1000]byte
}

var (
	lock   sync.Mutex
	orders = map[int][]*order{} // HOLDER L27
)

func place(customer, id int) {
	o := &order{id: id} // LEAK L27 count=500+ bytes=5000*1024+ certainty=likely over=3s holder=main.orders
	lock.Lock()
	defer lock.Unlock()
	orders[customer] = append(orders[customer], o) // LEAK L27
}

func main() {
	for id := 0; id < 5000; id++ {
		place(id%500, id)
	}
	go func() {
		for id := 5000; ; id++ {
			time.Sleep(20 * time.Millisecond)
			place(id/2, id)
		}
	}()
	lib.Wait()
}
