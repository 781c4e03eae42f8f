// One side has a copy of the struct with the channel, the other one has what a method returns.
package main

import (
	"fmt"

	"corpus/lib"
)

type letter struct {
	name  string
	reply chan float64
}

type box struct {
	id     [3]int
	letter letter
}

var letters []*box

//go:noinline
func reply(l letter) { l.reply <- 1 }

type source struct{ c chan complex64 }

var sources []*source

//go:noinline
func (s *source) events() chan complex64 { return s.c }

func main() {
	for i := 0; i < 12; i++ {
		b := &box{letter: letter{"x", make(chan float64)}}
		letters = append(letters, b)
		go func() { <-b.letter.reply }()
		o := &source{make(chan complex64)}
		sources = append(sources, o)
		go func() { o.c <- 1 }()
	}
	lib.Wait()
	for i := range letters {
		reply(letters[i].letter)
		fmt.Println(<-sources[i].events())
	}
}
