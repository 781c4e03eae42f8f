// Each request watches its time by time.Tick, which nobody can stop.
//
// corpus: releases=1.19-1.26 (later the runtime collects it, whatever go.mod says)
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
	r.ticks = time.Tick(time.Hour) // LEAK L31 count=600 certainty=likely
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
