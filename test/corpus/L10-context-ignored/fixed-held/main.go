// Who is not waited for any more does not wait either.
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
	select {
	case slot := <-slots:
		defer func() { slots <- slot }()
	case <-r.ctx.Done():
		return
	}
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
