// The ticker ends with the upload.
package main

import (
	"time"

	"corpus/lib"
)

func upload(parts int) int {
	progress := time.NewTicker(time.Hour)
	defer progress.Stop()
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
