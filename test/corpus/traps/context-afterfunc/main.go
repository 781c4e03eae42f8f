//go:build go1.21

// context.AfterFunc wakes the waiters of a condition when the context ends.
package main

import (
	"context"
	"sync"

	"corpus/lib"
)

type door struct {
	mu     sync.Mutex
	moved  *sync.Cond
	opened bool
}

func (d *door) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.moved.Broadcast()
	})
	defer stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.opened && ctx.Err() == nil {
		d.moved.Wait()
	}
	return ctx.Err()
}

func enter(ctx context.Context) {
	d := new(door)
	d.moved = sync.NewCond(&d.mu)
	go d.wait(ctx)
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	for i := 0; i < 30; i++ {
		enter(ctx)
	}
	lib.Wait()
	stop()
}
