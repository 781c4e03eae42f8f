// The export was cancelled, but its worker waits for rows that will not come.
package main

import (
	"context"
	"sync/atomic"
	"time"

	"corpus/lib"
)

type export struct {
	ctx  context.Context
	rows chan []byte
	page []byte
	done atomic.Int32
}

func (e *export) write() {
	for {
		row := <-e.rows // LEAK L10 count=100 bytes=@measured certainty=likely
		if e.ctx.Err() != nil {
			return
		}
		e.page = append(e.page[:0], row...)
		e.done.Add(1)
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
	e := &export{ctx: ctx, rows: make(chan []byte), page: make([]byte, 0, 32768)}
	go e.write()
	e2 := e
	go e2.read()
	for e.done.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
}

func main() {
	for i := 0; i < 100; i++ {
		run()
	}
	lib.Wait()
}
