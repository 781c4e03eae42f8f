// Most of what was stored is deleted, but up to Go 1.23 a sync.Map keeps the keys of that for a while:
// they are not to be counted.
package main

import (
	"sync"

	"corpus/lib"
)

type draft struct {
	number int
	text   [4000]byte
}

var drafts sync.Map // HOLDER L29

func save(number int) {
	drafts.Store(number, &draft{number: number}) // LEAK L29 count=5000 bytes=5000*4096+ certainty=suspect holder=main.drafts
}

func main() {
	for i := 0; i < 20000; i++ {
		save(i)
	}
	// From now on it is read, not written.
	drafts.Range(func(_, _ any) bool { return true })
	for i := 0; i < 15000; i++ {
		drafts.Delete(i)
	}
	lib.Wait()
}
