// A relay takes from one side or gives to the other; both sides have left.
package main

import "corpus/lib"

type relay struct {
	in, out chan []byte
	packet  []byte
}

func (r *relay) run() {
	for {
		select { // LEAK L7 count=90 bytes=@measured certainty=proved
		case r.packet = <-r.in:
		case r.out <- r.packet:
		}
	}
}

func connect() {
	r := &relay{in: make(chan []byte), out: make(chan []byte)}
	go r.run()
	r.in <- make([]byte, 32768)
	<-r.out
}

func main() {
	for i := 0; i < 90; i++ {
		connect()
	}
	lib.Wait()
}
