// What is asked under the lock takes none.
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
	q.Lock()
	n := len(q.jobs)
	q.Unlock()
	return n
}

func full(c counter) bool {
	return c.size() > 100
}

func (q *queue) push(job int) {
	q.Lock()
	if len(q.jobs) <= 100 {
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
