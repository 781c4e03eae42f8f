// Channels lie in a sync.Map, beside something that leads to them, and in a map.
package main

import (
	"fmt"
	"sync"

	"corpus/lib"
)

type client struct {
	name string
	in   chan uint64
}

var (
	clients []*client
	byName  sync.Map
	inMap   = map[int]chan uint32{}
)

func main() {
	for i := 0; i < 12; i++ {
		c := &client{fmt.Sprint("client ", i), make(chan uint64)}
		clients = append(clients, c)
		byName.Store(c.name, c)
		go func() { <-c.in }()
		m := make(chan uint32)
		inMap[i] = m
		go func() { m <- 1 }()
	}
	lib.Wait()
	byName.Range(func(_, c any) bool {
		c.(*client).in <- 1
		return true
	})
	for _, c := range inMap {
		fmt.Println(<-c)
	}
}
