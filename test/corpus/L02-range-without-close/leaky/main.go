// Each batch of orders gets workers of its own, which are never told that no more will come.
package main

import (
	"bytes"
	"fmt"
	"sync"

	"corpus/lib"
)

type order struct {
	id    int
	cents int
}

func work(orders <-chan order, done *sync.WaitGroup) {
	invoice := bytes.NewBuffer(make([]byte, 0, 32768))
	for o := range orders { // LEAK L2 count=200 bytes=@measured certainty=proved
		invoice.Reset()
		fmt.Fprintf(invoice, "order %d: %d", o.id, o.cents)
		done.Done()
	}
}

func process(batch []order) {
	orders := make(chan order)
	var done sync.WaitGroup
	done.Add(len(batch))
	for i := 0; i < 4; i++ {
		go work(orders, &done)
	}
	for _, o := range batch {
		orders <- o
	}
	done.Wait()
}

func main() {
	for day := 0; day < 50; day++ {
		process(make([]order, 30))
	}
	lib.Wait()
}
