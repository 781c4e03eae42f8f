//go:build go1.23

// An iterator that was not finished: its other half is a coroutine.
package main

import (
	"iter"

	"corpus/lib"
)

func count(limit int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < limit; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func main() {
	var stops []func()
	for i := 0; i < 30; i++ {
		next, stop := iter.Pull(count(1000))
		next()
		stops = append(stops, stop)
	}
	lib.Wait()
	for _, stop := range stops {
		stop()
	}
}
