// A worker whose job panics recovers, and does not count itself out.
package main

import (
	"sync"

	"corpus/lib"
)

type pool[J any] struct {
	wg   sync.WaitGroup
	jobs chan J
	note []byte
}

func newPool[J any](workers int, do func(J)) *pool[J] {
	p := &pool[J]{jobs: make(chan J, workers), note: make([]byte, 65536)}
	for i := 0; i < workers; i++ {
		p.wg.Add(1)
		go p.work(do)
	}
	return p
}

func (p *pool[J]) work(do func(J)) {
	defer func() {
		if recover() == nil {
			p.wg.Done()
		}
	}()
	for job := range p.jobs {
		do(job)
	}
}

func (p *pool[J]) finish() {
	close(p.jobs)
	p.wg.Wait() // LEAK L39 count=15 bytes=15*65536+ certainty=proved
}

func parse(text string) {
	if text == "" {
		panic("nothing to parse")
	}
}

func run(texts ...string) {
	p := newPool(2, parse)
	for _, text := range texts {
		p.jobs <- text
	}
	p.finish()
}

func main() {
	for i := 0; i < 15; i++ {
		go run("a", "", "b")
	}
	lib.Wait()
}
