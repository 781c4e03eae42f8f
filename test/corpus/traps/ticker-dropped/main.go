//go:build go1.23

// Tickers without Stop: from 1.23 on the collector takes them.
//
// corpus: language=own
package main

import (
	"time"

	"corpus/lib"
)

func poll(id int) int {
	ticker := time.NewTicker(time.Hour)
	select {
	case <-ticker.C:
		return 0
	default:
		return id
	}
}

func main() {
	sum := 0
	for id := 0; id < 20000; id++ {
		sum += poll(id)
	}
	lib.Wait()
	println(sum)
}
