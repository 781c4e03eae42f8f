// Consumers wait on a sync.Cond for work that a producer brings from time to time.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type queue struct {
	mu    sync.Mutex
	some  *sync.Cond
	items []int
}

func (q *queue) take() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.some.Wait()
	}
	item := q.items[0]
	q.items = append(q.items[:0], q.items[1:]...)
	return item
}

func (q *queue) put(item int) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	q.some.Signal()
}

func main() {
	q := new(queue)
	q.some = sync.NewCond(&q.mu)
	for i := 0; i < 40; i++ {
		go func() {
			for {
				q.take()
			}
		}()
	}
	go func() {
		for item := 0; ; item++ {
			time.Sleep(2 * time.Second)
			q.put(item)
		}
	}()
	lib.Wait()
}
