// Cancelled when the request is done.
package main

import (
	"context"

	"corpus/lib"
)

type key struct{}

type server struct {
	ctx context.Context
}

func (s *server) handle(id int) error {
	ctx := context.WithValue(s.ctx, key{}, make([]byte, 4096))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return work(ctx, id)
}

func work(ctx context.Context, id int) error {
	ctx.Value(key{}).([]byte)[0] = byte(id)
	return ctx.Err()
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	s := &server{ctx}
	for id := 0; id < 2000; id++ {
		if s.handle(id) != nil {
			return
		}
	}
	lib.Wait()
	stop()
	println(s.ctx.Err())
}
