// A global list that was long once.
package main

import "corpus/lib"

type visit struct {
	at, page, ms int64
	user         uint64
}

var visits []visit // HOLDER L23

func rush(count int) {
	for i := 0; i < count; i++ {
		visits = append(visits, visit{at: int64(i)}) // LEAK L23 count=1 bytes=@room certainty=suspect holder=main.visits
	}
	visits = visits[:3]
}

func main() {
	rush(500000)
	lib.Tell("room", int64(cap(visits))*32)
	lib.Wait()
	println(len(visits))
}
