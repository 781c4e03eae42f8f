// Whoever asks sends its own channel along, and waits for the answer there; others are collected from
// by a select.
package main

import (
	"fmt"

	"corpus/lib"
)

type asking struct {
	id    int
	reply chan [2]int
}

type queued struct {
	low, high chan []byte
	until     chan bool
}

var (
	asked  = make(chan chan [2]int)
	all    []*asking
	queues []*queued
)

func main() {
	for i := 0; i < 12; i++ {
		a := &asking{i, make(chan [2]int)}
		all = append(all, a)
		go func() { <-a.reply }()
		q := &queued{make(chan []byte), make(chan []byte), make(chan bool)}
		queues = append(queues, q)
		go func() { q.high <- nil }()
	}
	lib.Wait()
	go func() {
		for _, a := range all {
			asked <- a.reply
		}
	}()
	for _, q := range queues {
		(<-asked) <- [2]int{}
		select {
		case <-q.low:
		case b := <-q.high:
			fmt.Println(b, len(all))
		}
	}
}
