// A copy of it.
package main

import "corpus/lib"

type event struct {
	at   int64
	text [504]byte
}

var newest []*event

func read(number int) []event {
	batch := make([]event, 256)
	for i := range batch {
		batch[i].at = int64(number*256 + i)
	}
	return batch
}

func main() {
	lib.Profiled()
	for number := 0; number < 100; number++ {
		batch := read(number)
		last := batch[len(batch)-1]
		newest = append(newest, &last)
	}
	lib.Wait()
	println(newest[0].at)
}
