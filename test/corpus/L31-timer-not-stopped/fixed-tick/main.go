// A ticker that ends with the request.
package main

import (
	"time"

	"corpus/lib"
)

type request struct {
	id    int
	ticks <-chan time.Time
}

func (r *request) serve() int {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	r.ticks = ticker.C
	select {
	case <-r.ticks:
		return 0
	default:
		return r.id
	}
}

func main() {
	sum := 0
	for id := 0; id < 600; id++ {
		sum += (&request{id: id}).serve()
	}
	lib.Wait()
	println(sum)
}
