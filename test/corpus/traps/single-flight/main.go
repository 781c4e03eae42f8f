// One fetches, and all that want the same wait for it.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type call struct {
	done  sync.WaitGroup
	value string
}

type flights struct {
	mu    sync.Mutex
	calls map[string]*call
}

func (f *flights) do(key string, fetch func() string) string {
	f.mu.Lock()
	if c, running := f.calls[key]; running {
		f.mu.Unlock()
		c.done.Wait()
		return c.value
	}
	c := new(call)
	c.done.Add(1)
	f.calls[key] = c
	f.mu.Unlock()
	c.value = fetch()
	c.done.Done()
	f.mu.Lock()
	delete(f.calls, key)
	f.mu.Unlock()
	return c.value
}

func main() {
	f := &flights{calls: map[string]*call{}}
	for i := 0; i < 80; i++ {
		go f.do(fmt.Sprint("/page/", i%4), func() string {
			time.Sleep(time.Minute)
			return "body"
		})
	}
	lib.Wait()
}
