// As many as there are.
package main

import (
	"sync"

	"corpus/lib"
)

type crawl struct {
	pending sync.WaitGroup
	seen    []byte
}

func (c *crawl) visit(page int) {
	defer c.pending.Done()
	c.seen[page] = 1
}

func (c *crawl) wait(done chan<- int) {
	c.pending.Wait()
	done <- len(c.seen)
}

func start(pages int) {
	c := &crawl{seen: make([]byte, 131072)}
	done := make(chan int, 1)
	c.pending.Add(pages)
	for page := 0; page < pages; page++ {
		go c.visit(page)
	}
	go c.wait(done)
}

func main() {
	for i := 0; i < 70; i++ {
		start(3)
	}
	lib.Wait()
}
