// The first user sets up for long, the others wait.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type database struct {
	once  sync.Once
	ready bool
}

func (d *database) get() bool {
	d.once.Do(func() {
		time.Sleep(time.Minute)
		d.ready = true
	})
	return d.ready
}

func use() {
	d := new(database)
	for i := 0; i < 30; i++ {
		go d.get()
	}
}

func main() {
	use()
	lib.Wait()
}
