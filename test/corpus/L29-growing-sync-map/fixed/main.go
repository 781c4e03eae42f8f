// Each new page drops an old one.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"corpus/lib"
)

type page struct {
	path string
	body [4000]byte
}

var pages sync.Map

var (
	order    sync.Map
	rendered int64
)

func render(path string) {
	p := &page{path: path}
	pages.Store(path, p)
	number := atomic.AddInt64(&rendered, 1)
	order.Store(number, path)
	if old, ok := order.LoadAndDelete(number - 500); ok {
		pages.Delete(old)
	}
}

func main() {
	lib.Profiled()
	for i := 0; i < 1000; i++ {
		render(fmt.Sprint("/page/", i))
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(20 * time.Millisecond)
			render(fmt.Sprint("/search/", i))
		}
	}()
	lib.Wait()
}
