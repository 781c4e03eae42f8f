// An end of what comes in is the end.
package main

import "corpus/lib"

type relay struct {
	in, out chan []byte
	packet  []byte
}

func (r *relay) run() {
	for {
		select {
		case packet, more := <-r.in:
			if !more {
				return
			}
			r.packet = packet
		case r.out <- r.packet:
		}
	}
}

func connect() {
	r := &relay{in: make(chan []byte), out: make(chan []byte)}
	go r.run()
	r.in <- make([]byte, 32768)
	<-r.out
	close(r.in)
}

func main() {
	for i := 0; i < 90; i++ {
		connect()
	}
	lib.Wait()
}
