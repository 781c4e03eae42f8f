// All connections are out, to slow statements; who needs one waits in line for what is given back.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type conn struct{ id int }

type pool struct {
	mu      sync.Mutex
	free    []*conn
	open    int
	most    int
	waiting map[uint64]chan *conn
	last    uint64
}

func (p *pool) get() *conn {
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return c
	}
	if p.open < p.most {
		p.open++
		c := &conn{p.open}
		p.mu.Unlock()
		return c
	}
	answer := make(chan *conn, 1)
	p.last++
	p.waiting[p.last] = answer
	p.mu.Unlock()
	return <-answer
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, answer := range p.waiting {
		delete(p.waiting, id)
		answer <- c
		return
	}
	p.free = append(p.free, c)
}

func (c *conn) exec() { time.Sleep(3 * time.Second) }

func main() {
	p := &pool{most: 5, waiting: map[uint64]chan *conn{}}
	for i := 0; i < 60; i++ {
		go func() {
			for {
				c := p.get()
				c.exec()
				p.put(c)
			}
		}()
	}
	lib.Wait()
}
