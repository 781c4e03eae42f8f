// So many at once, the way errgroup limits them: all places taken, the next one waits, work goes on.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type group struct {
	wait  sync.WaitGroup
	once  sync.Once
	err   error
	slots chan struct{}
}

func (g *group) run(f func() error) {
	g.slots <- struct{}{}
	g.wait.Add(1)
	go func() {
		defer func() {
			<-g.slots
			g.wait.Done()
		}()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	}()
}

func process() {
	g := &group{slots: make(chan struct{}, 8)}
	for i := 0; i < 100000; i++ {
		g.run(func() error {
			time.Sleep(50 * time.Millisecond)
			return nil
		})
	}
	g.wait.Wait()
}

func main() {
	go process()
	lib.Wait()
}
