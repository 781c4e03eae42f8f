// What could not be delivered is tried again by a timer: five times, or until it works.
package main

import (
	"time"

	"corpus/lib"
)

type parcel struct {
	to       string
	attempts int
	again    *time.Timer
}

var reachable = map[string]bool{}

func (p *parcel) deliver() {
	if reachable[p.to] {
		return
	}
	if p.attempts++; p.attempts < 5 {
		time.AfterFunc(time.Duration(p.attempts)*time.Hour, p.deliver)
	}
}

func (p *parcel) announce() {
	if p.attempts++; p.attempts < 5 {
		p.again.Reset(time.Hour)
	}
}

func main() {
	for i := 0; i < 60; i++ {
		(&parcel{to: "a town"}).deliver()
		p := &parcel{to: "a village"}
		p.again = time.AfterFunc(time.Hour, p.announce)
	}
	lib.Wait()
}
