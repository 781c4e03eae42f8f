// Every connection has a context, and keeps the function that ends it.
package main

import (
	"context"

	"corpus/lib"
)

type connection struct {
	id     int
	ctx    context.Context
	cancel context.CancelFunc
}

type server struct {
	ctx         context.Context
	connections map[int]*connection
}

func (s *server) accept(id int) {
	ctx, cancel := context.WithCancel(s.ctx)
	s.connections[id] = &connection{id, ctx, cancel}
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	s := &server{ctx, map[int]*connection{}}
	for id := 0; id < 2000; id++ {
		s.accept(id)
	}
	lib.Wait()
	for _, c := range s.connections {
		c.cancel()
	}
	stop()
}
