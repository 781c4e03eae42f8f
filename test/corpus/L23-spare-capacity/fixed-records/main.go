// It is made anew.
package main

import "corpus/lib"

type visit struct {
	at, page, ms int64
	user         uint64
}

var visits []visit

func rush(count int) {
	for i := 0; i < count; i++ {
		visits = append(visits, visit{at: int64(i)})
	}
	visits = append([]visit(nil), visits[:3]...)
}

func main() {
	rush(500000)
	lib.Tell("room", int64(cap(visits))*32)
	lib.Wait()
	println(len(visits))
}
