// A picture of a quarter of a megabyte is handed on by value.
package main

import "corpus/lib"

type picture [262144]byte

type order struct {
	done chan struct{}
}

//go:noinline
func (o *order) print(p picture) byte {
	p[0]++
	<-o.done // LEAK L37 count=12 bytes=@measured certainty=likely
	return p[0]
}

func (o *order) process() byte {
	var p picture
	p[100] = 1
	return o.print(p)
}

func idle(done <-chan struct{}) { <-done }

func main() {
	o := &order{make(chan struct{})}
	for i := 0; i < 12; i++ {
		go o.process()
	}
	for i := 0; i < 20; i++ { // few: their stacks are measured, too
		go idle(o.done)
	}
	lib.Wait()
	close(o.done)
}
