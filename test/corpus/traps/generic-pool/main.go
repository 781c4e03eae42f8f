// A pool of workers with types as parameters, at rest, in a global.
package main

import "corpus/lib"

type pool[In, Out any] struct {
	in  chan In
	out chan Out
}

func newPool[In, Out any](size int, f func(In) Out) *pool[In, Out] {
	p := &pool[In, Out]{make(chan In), make(chan Out)}
	for i := 0; i < size; i++ {
		go p.work(f)
	}
	return p
}

func (p *pool[In, Out]) work(f func(In) Out) {
	for in := range p.in {
		p.out <- f(in)
	}
}

var squares = newPool(50, func(i int) int { return i * i })

func main() {
	squares.in <- 7
	println(<-squares.out)
	lib.Wait()
	close(squares.in)
}
