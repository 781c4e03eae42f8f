// After the rush the map is nearly empty, and as large as before.
package main

import (
	"runtime"

	"corpus/lib"
)

type price struct {
	cents  [12]int64
	source [4]int64
}

var prices = map[int]price{} // HOLDER L28

func rush(items int) {
	for item := 0; item < items; item++ {
		prices[item] = price{} // LEAK L28 count=1 bytes=@kept certainty=likely holder=main.prices
	}
	for item := 50; item < items; item++ {
		delete(prices, item)
	}
}

func alive() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func main() {
	lib.Profiled()
	before := alive()
	rush(100000)
	lib.Tell("kept", alive()-before)
	lib.Wait()
	println(len(prices))
}
