// A stage of a pipeline reads two values from a producer that sometimes has only one.
package main

import (
	"corpus/lib"
)

type page struct {
	number int
	text   []byte
}

func produce(pages int) <-chan *page {
	out := make(chan *page, 4)
	go func() {
		for i := 0; i < pages; i++ {
			out <- &page{i, make([]byte, 131072)}
		}
	}()
	return out
}

func bind(in <-chan *page, bound chan<- int) {
	front := <-in
	back := <-in // LEAK L1 count=100 bytes=100*131072 certainty=proved
	bound <- len(front.text) + len(back.text)
}

func main() {
	bound := make(chan int, 200)
	for book := 0; book < 200; book++ {
		go bind(produce(1+book%2), bound)
	}
	for book := 0; book < 100; book++ {
		<-bound
	}
	lib.Wait()
}
