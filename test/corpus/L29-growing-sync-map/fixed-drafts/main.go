// All that was stored is deleted, though up to Go 1.23 a sync.Map keeps the keys of that for a while.
package main

import (
	"sync"

	"corpus/lib"
)

type draft struct {
	number int
	text   [4000]byte
}

var drafts sync.Map

func save(number int) {
	drafts.Store(number, &draft{number: number})
}

func main() {
	for i := 0; i < 20000; i++ {
		save(i)
	}
	// From now on it is read, not written.
	drafts.Range(func(_, _ any) bool { return true })
	for i := 0; i < 20000; i++ {
		drafts.Delete(i)
	}
	lib.Wait()
}
