// There is room for the document, so the goroutine ends and both are freed.
package main

import (
	"errors"
	"fmt"
	"time"

	"corpus/lib"
)

type document struct {
	name  string
	pages [][]byte
}

func parse(name string) *document {
	d := &document{name: name}
	for i := 0; i < 16; i++ {
		d.pages = append(d.pages, make([]byte, 65536))
	}
	return d
}

func upload(name string) error {
	finished := make(chan *document, 1)
	go func() {
		d := parse(name)
		time.Sleep(50 * time.Millisecond)
		finished <- d
	}()
	select {
	case <-finished:
		return nil
	case <-time.After(10 * time.Millisecond):
		return errors.New("given up")
	}
}

func main() {
	for i := 0; i < 30; i++ {
		upload(fmt.Sprint("document ", i))
	}
	lib.Wait()
}
