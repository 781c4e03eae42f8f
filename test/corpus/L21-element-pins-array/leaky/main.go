// The newest event of each batch is kept, by its address in the batch.
package main

import "corpus/lib"

type event struct {
	at   int64
	text [504]byte
}

var newest []*event // HOLDER L21

func read(number int) []event {
	batch := make([]event, 256) // LEAK L21 count=100 bytes=100*131072 certainty=likely holder=main.newest
	for i := range batch {
		batch[i].at = int64(number*256 + i)
	}
	return batch
}

func main() {
	lib.Profiled()
	for number := 0; number < 100; number++ {
		batch := read(number)
		newest = append(newest, &batch[len(batch)-1])
	}
	lib.Wait()
	println(newest[0].at)
}
