// Requests that wait for their own deadline: the context's timer ends them.
package main

import (
	"context"
	"time"

	"corpus/lib"
)

func poll(timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	<-ctx.Done()
}

func main() {
	for i := 0; i < 50; i++ {
		go poll(10 * time.Minute)
	}
	lib.Wait()
}
