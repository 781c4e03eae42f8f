// Every request derives a context from the server's, and drops the function that ends it.
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
	ctx := context.WithValue(s.ctx, key{}, make([]byte, 4096)) // LEAK L11 count=2000 bytes=@measured certainty=likely
	ctx, _ = context.WithCancel(ctx)                           // LEAK L11
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
