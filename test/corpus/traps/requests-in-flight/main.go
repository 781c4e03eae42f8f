// Requests at work, each with a deadline of its own below the server's context.
package main

import (
	"context"
	"time"

	"corpus/lib"
)

func handle(ctx context.Context, id int) {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	query(ctx, id)
}

func query(ctx context.Context, id int) {
	select {
	case <-time.After(time.Duration(id+10) * time.Minute):
	case <-ctx.Done():
	}
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	for id := 0; id < 300; id++ {
		go handle(ctx, id)
	}
	lib.Wait()
	stop()
}
