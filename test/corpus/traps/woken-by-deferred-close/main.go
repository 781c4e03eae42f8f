// Each waits for its end, which a deferred close tells of.
package main

import (
	"fmt"

	"corpus/lib"
)

type deferred struct {
	id   int
	done chan float32
}

var deferreds []*deferred

//go:noinline
func endAll() {
	for _, d := range deferreds {
		c := d.done
		defer close(c)
	}
}

func main() {
	for i := 0; i < 12; i++ {
		d := &deferred{i, make(chan float32)}
		deferreds = append(deferreds, d)
		go func() {
			for range d.done {
			}
		}()
	}
	lib.Wait()
	endAll()
	fmt.Println(len(deferreds))
}
