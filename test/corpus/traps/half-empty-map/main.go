// A map from which a third was deleted.
package main

import "corpus/lib"

type price struct {
	cents [8]int64
}

var prices = map[int]price{}

func main() {
	for i := 0; i < 60000; i++ {
		prices[i] = price{}
	}
	for i := 0; i < 20000; i++ {
		delete(prices, i)
	}
	lib.Wait()
	println(len(prices))
}
