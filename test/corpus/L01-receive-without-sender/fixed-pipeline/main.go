// The producer closes when it has no more, and the stage looks.
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
		defer close(out)
		for i := 0; i < pages; i++ {
			out <- &page{i, make([]byte, 131072)}
		}
	}()
	return out
}

func bind(in <-chan *page, bound chan<- int) {
	front := <-in
	back, ok := <-in
	if !ok {
		bound <- len(front.text)
		return
	}
	bound <- len(front.text) + len(back.text)
}

func main() {
	bound := make(chan int, 200)
	for book := 0; book < 200; book++ {
		go bind(produce(1+book%2), bound)
	}
	for book := 0; book < 200; book++ {
		<-bound
	}
	lib.Wait()
}
