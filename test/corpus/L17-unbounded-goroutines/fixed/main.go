// So many at once, and orders beyond that are refused.
package main

import (
	"time"

	"corpus/lib"
)

type order struct {
	id   int
	text []byte
}

func (o *order) mail() int {
	time.Sleep(time.Hour)
	return len(o.text)
}

var mailing = make(chan struct{}, 16)

func receive(id int) bool {
	o := &order{id, make([]byte, 4096)}
	select {
	case mailing <- struct{}{}:
		go func() {
			defer func() { <-mailing }()
			o.mail()
		}()
		return true
	default:
		return false
	}
}

func main() {
	for id := 0; id < 300; id++ {
		receive(id)
	}
	go func() {
		for id := 300; ; id++ {
			time.Sleep(50 * time.Millisecond)
			receive(id)
		}
	}()
	lib.Wait()
}
