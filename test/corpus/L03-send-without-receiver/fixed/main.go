// There is room for the page, whether somebody takes it or not.
package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type page struct {
	path string
	body []byte
}

func load(path string) *page {
	p := &page{path, make([]byte, 131072)}
	time.Sleep(100 * time.Millisecond)
	return p
}

var errSlow = errors.New("too slow")

func fetch(path string) (*page, error) {
	loaded := make(chan *page, 1)
	go func() {
		loaded <- load(path)
	}()
	select {
	case p := <-loaded:
		return p, nil
	case <-time.After(20 * time.Millisecond):
		return nil, errSlow
	}
}

func main() {
	var visits sync.WaitGroup
	for i := 0; i < 80; i++ {
		visits.Add(1)
		go func(i int) {
			defer visits.Done()
			fetch(fmt.Sprint("/page/", i))
		}(i)
	}
	visits.Wait()
	lib.Wait()
}
