// What is left of an upload that was given up: a goroutine, and the whole document.
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
	finished := make(chan *document)
	go func() {
		d := parse(name)
		time.Sleep(50 * time.Millisecond)
		finished <- d // LEAK L18 count=30 bytes=@measured certainty=proved
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
