// Room for what will come in the course of the day, a third of it filled.
package main

import (
	"fmt"

	"corpus/lib"
)

type tick struct {
	at, price int64
}

type series struct {
	name  string
	ticks []tick
}

var all []*series

func main() {
	for i := 0; i < 50; i++ {
		s := &series{fmt.Sprint("series ", i), make([]tick, 0, 3000)}
		for t := 0; t < 1000; t++ {
			s.ticks = append(s.ticks, tick{int64(t), int64(t * i)})
		}
		all = append(all, s)
	}
	lib.Wait()
	println(len(all))
}
