// A cache of pages in a sync.Map, without any limit.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type page struct {
	path string
	body [4000]byte
}

var pages sync.Map // HOLDER L29

func render(path string) {
	p := &page{path: path} // LEAK L29 count=1000+ bytes=1000*4096+ certainty=likely over=3s holder=main.pages
	pages.Store(path, p)   // LEAK L29
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
