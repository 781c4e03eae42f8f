// What is left moves into a new map.
package main

import (
	"runtime"

	"corpus/lib"
)

type price struct {
	cents  [12]int64
	source [4]int64
}

var prices = map[int]price{}

func rush(items int) {
	for item := 0; item < items; item++ {
		prices[item] = price{}
	}
	for item := 50; item < items; item++ {
		delete(prices, item)
	}
	left := make(map[int]price, len(prices))
	for item, p := range prices {
		left[item] = p
	}
	prices = left
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
