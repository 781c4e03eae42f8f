// A queue that is pushed to at one end and popped from at the other, without growing.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type message struct {
	id   int
	text [256]byte
}

type queue struct {
	mu       sync.Mutex
	messages []*message
}

var pending queue

func (q *queue) push(m *message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, m)
}

func (q *queue) pop() *message {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.messages[0]
	q.messages = q.messages[1:]
	return m
}

func main() {
	for i := 0; i < 2000; i++ {
		pending.push(&message{id: i})
	}
	go func() {
		for i := 0; ; i++ {
			pending.push(&message{id: i})
			pending.pop()
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	lib.Wait()
}
