// Whoever waits also waits for the end.
package main

import (
	"context"
	"time"

	"corpus/lib"
)

type export struct {
	ctx  context.Context
	rows chan []byte
	page []byte
}

func (e *export) write() {
	for {
		select {
		case row := <-e.rows:
			e.page = append(e.page[:0], row...)
		case <-e.ctx.Done():
			return
		}
	}
}

func (e *export) read() {
	for i := 0; i < 3; i++ {
		select {
		case e.rows <- []byte("a row"):
		case <-e.ctx.Done():
			return
		}
	}
	<-e.ctx.Done()
}

func run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e := &export{ctx, make(chan []byte), make([]byte, 0, 32768)}
	go e.write()
	e2 := e
	go e2.read()
	time.Sleep(2 * time.Millisecond)
}

func main() {
	for i := 0; i < 100; i++ {
		run()
	}
	lib.Wait()
}
