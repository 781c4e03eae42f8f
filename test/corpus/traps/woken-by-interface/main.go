// One function serves channels of several types, which it has as interfaces: as a parameter, and as
// another one's result.
package main

import (
	"fmt"

	"corpus/lib"
)

type event struct{ id int }
type line struct{ text string }
type number struct{ of int }
type letter struct{ to string }

type service struct {
	events  chan event
	lines   chan line
	numbers chan number
	letters chan letter
}

//go:noinline
func publish(to any, e event) {
	switch c := to.(type) {
	case chan event:
		c <- e
	case chan line:
		c <- line{fmt.Sprint(e)}
	}
}

//go:noinline
func (s *service) find(what int) any {
	if what == 0 {
		return s.numbers
	}
	return s.letters
}

//go:noinline
func collect(from any) any {
	switch c := from.(type) {
	case chan number:
		return <-c
	case chan letter:
		return <-c
	}
	return nil
}

var services []*service

func main() {
	for i := 0; i < 12; i++ {
		s := &service{make(chan event, 8), make(chan line), make(chan number, 8), make(chan letter)}
		services = append(services, s)
		go func() { <-s.lines }()
		go func() { s.letters <- letter{"all"} }()
	}
	publish(services[0].events, event{1})
	services[0].numbers <- number{1}
	fmt.Println(collect(services[0].find(0)))
	lib.Wait()
	for _, s := range services {
		publish(s.lines, event{2})
		fmt.Println(collect(s.find(1)))
	}
}
