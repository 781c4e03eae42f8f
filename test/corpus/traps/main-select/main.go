// Main has nothing more to do.
package main

import (
	"time"

	"corpus/lib"
)

func sweep() {
	for range time.Tick(50 * time.Millisecond) {
	}
}

func main() {
	go sweep()
	lib.Background()
	select {}
}
