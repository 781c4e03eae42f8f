// A middleware derives a context for each request from the server's own, and ends it.
package main

import (
	"context"

	"corpus/lib"
)

type key string

type handler func(context.Context) error

type server struct {
	base    context.Context
	handler handler
}

func (s *server) traced(next handler) handler {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(context.WithValue(ctx, key("trace"), make([]byte, 1024)))
		defer cancel()
		return next(ctx)
	}
}

func hello(ctx context.Context) error {
	_ = ctx.Value(key("trace"))
	return nil
}

var shop = &server{}

func main() {
	base, stop := context.WithCancel(context.Background())
	defer stop()
	shop.base, shop.handler = base, shop.traced(hello)
	for i := 0; i < 500; i++ {
		_ = shop.handler(shop.base)
	}
	lib.Wait()
}
