// Consumers of a queue that was thrown away wait for a signal.
package main

import (
	"sync"

	"corpus/lib"
)

type queue struct {
	mu       sync.Mutex
	filled   *sync.Cond
	messages []string
	spare    []byte
}

func newQueue() *queue {
	q := &queue{spare: make([]byte, 65536)}
	q.filled = sync.NewCond(&q.mu)
	return q
}

func (q *queue) take() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.messages) == 0 {
		q.filled.Wait() // LEAK L41 count=60 bytes=@measured certainty=proved
	}
	message := q.messages[0]
	q.messages = q.messages[1:]
	return message
}

func channel() {
	q := newQueue()
	for i := 0; i < 2; i++ {
		go q.take()
	}
}

func main() {
	for i := 0; i < 30; i++ {
		channel()
	}
	lib.Wait()
}
