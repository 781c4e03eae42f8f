// Requests wait for a slot that is handed out again too seldom; most of them were given up long ago.
package main

import (
	"context"
	"time"

	"corpus/lib"
)

var slots = make(chan int, 4)

type request struct {
	ctx  context.Context
	body []byte
}

func (r *request) handle() {
	slot := <-slots // LEAK L10 count=60 bytes=@measured certainty=likely atmost=likely
	defer func() { slots <- slot }()
	if r.ctx.Err() == nil {
		r.body = r.body[:0]
	}
}

func serve() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	r := &request{ctx, make([]byte, 32768)}
	go r.handle()
	<-ctx.Done()
	cancel()
}

func main() {
	for i := 0; i < 60; i++ {
		serve()
	}
	lib.Wait()
	for i := 0; i < 4; i++ {
		slots <- i
	}
}
