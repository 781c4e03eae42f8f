// Every upload makes a ticker to show its progress, and leaves it ticking.
//
// corpus: releases=1.19-1.26 (later the runtime collects it, whatever go.mod says)
package main

import (
	"time"

	"corpus/lib"
)

func upload(parts int) int {
	progress := time.NewTicker(time.Hour) // LEAK L31 count=1000 certainty=likely
	sent := 0
	for part := 0; part < parts; part++ {
		select {
		case <-progress.C:
			println(sent)
		default:
			sent += 4096
		}
	}
	return sent
}

func main() {
	sum := 0
	for i := 0; i < 1000; i++ {
		sum += upload(10)
	}
	lib.Wait()
	println(sum)
}
