// An embedded mutex, and a method that asks another one through an interface.
package main

import (
	"sync"

	"corpus/lib"
)

type counter interface {
	size() int
}

type queue struct {
	sync.Mutex
	jobs []int
	room []byte
}

func (q *queue) size() int {
	q.Lock() // LEAK L13 count=10 bytes=@measured certainty=proved
	n := len(q.jobs)
	q.Unlock()
	return n
}

func full(c counter) bool {
	return c.size() > 100
}

func (q *queue) push(job int) {
	q.Lock()
	if !full(q) {
		q.jobs = append(q.jobs, job)
	}
	q.Unlock()
}

func main() {
	for i := 0; i < 10; i++ {
		q := &queue{room: make([]byte, 262144)}
		go q.push(i)
	}
	lib.Wait()
}
