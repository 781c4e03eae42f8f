// Locks along a list are taken hand over hand, always in the order of the list.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type node struct {
	mu    sync.Mutex
	value int
	next  *node
}

func sum(head *node) int {
	total := 0
	head.mu.Lock()
	for at := head; ; {
		total += at.value
		time.Sleep(200 * time.Microsecond)
		next := at.next
		if next == nil {
			at.mu.Unlock()
			return total
		}
		next.mu.Lock()
		at.mu.Unlock()
		at = next
	}
}

func main() {
	var head *node
	for i := 0; i < 100; i++ {
		head = &node{value: i, next: head}
	}
	for i := 0; i < 20; i++ {
		go func() {
			for {
				sum(head)
			}
		}()
	}
	lib.Wait()
}
