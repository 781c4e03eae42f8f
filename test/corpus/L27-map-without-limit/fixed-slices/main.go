// What is delivered goes.
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
	orders = map[int][]*order{}
)

func place(customer, id int) {
	o := &order{id: id}
	lock.Lock()
	defer lock.Unlock()
	orders[customer%500] = append(orders[customer%500][:0:0], o)
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
