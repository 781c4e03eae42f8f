// A group of so many at a time: the next one waits until there is room, and the work takes its time.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type group struct {
	wg    sync.WaitGroup
	room  chan struct{}
	once  sync.Once
	first error
}

func (g *group) run(do func() error) {
	g.room <- struct{}{}
	g.wg.Add(1)
	go func() {
		defer func() {
			<-g.room
			g.wg.Done()
		}()
		if err := do(); err != nil {
			g.once.Do(func() { g.first = err })
		}
	}()
}

func (g *group) wait() error {
	g.wg.Wait()
	return g.first
}

func crawl(pages int) error {
	g := &group{room: make(chan struct{}, 4)}
	for i := 0; i < pages; i++ {
		g.run(func() error {
			time.Sleep(2 * time.Second)
			return nil
		})
	}
	return g.wait()
}

func main() {
	for i := 0; i < 20; i++ {
		go func() {
			for {
				_ = crawl(8)
			}
		}()
	}
	lib.Wait()
}
