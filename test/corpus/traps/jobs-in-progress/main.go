// Jobs are in a map for as long as they run, so that a page can show how far they are.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type row struct {
	customer int64
	cents    [64]int64
}

type job struct {
	id   int
	rows []*row
}

var (
	mu   sync.Mutex
	jobs = map[int]*job{}
)

func (j *job) run(days int) int {
	for day := 0; day < days; day++ {
		for i := 0; i < 20; i++ {
			j.rows = append(j.rows, &row{customer: int64(day*20 + i)})
		}
		if day > 200 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	return len(j.rows)
}

func begin(id, days int) int {
	j := &job{id: id}
	mu.Lock()
	jobs[id] = j
	mu.Unlock()
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		delete(jobs, id)
	}()
	return j.run(days)
}

func main() {
	go begin(1, 100000)
	go begin(2, 100000)
	lib.Wait()
}
