// A pool of workers with nothing to do: main can still send.
package main

import (
	"sync"

	"corpus/lib"
)

type job struct {
	id   int
	done chan<- int
}

type pool struct {
	jobs    chan job
	workers sync.WaitGroup
}

func start(size int) *pool {
	p := &pool{jobs: make(chan job)}
	for i := 0; i < size; i++ {
		p.workers.Add(1)
		go p.work()
	}
	return p
}

func (p *pool) work() {
	defer p.workers.Done()
	scratch := make([]byte, 16384)
	for j := range p.jobs {
		scratch[0] = byte(j.id)
		j.done <- j.id + int(scratch[1])
	}
}

func main() {
	p := start(64)
	done := make(chan int, 64)
	for i := 0; i < 64; i++ {
		p.jobs <- job{i, done}
	}
	for i := 0; i < 64; i++ {
		<-done
	}
	lib.Wait()
	close(p.jobs)
	p.workers.Wait()
}
