// A future that nobody completes: its waiters are method values in goroutines of their own.
package main

import (
	"corpus/lib"
)

type future[T any] struct {
	done  chan struct{}
	value T
}

func start[T any](do func() (T, bool)) *future[T] {
	f := &future[T]{done: make(chan struct{})}
	go func() {
		value, ok := do()
		if !ok {
			return
		}
		f.value = value
		close(f.done)
	}()
	return f
}

func (f *future[T]) wait() T {
	<-f.done // LEAK L1 count=40 certainty=proved
	return f.value
}

func (f *future[T]) then(do func(T)) {
	go func() { do(f.wait()) }()
}

type row struct{ cells [4096]byte }

func query(id int) func() (*row, bool) {
	return func() (*row, bool) { return &row{}, id%2 == 0 }
}

type page struct{ rows []*row }

func (p *page) add(r *row) { p.rows = append(p.rows, r) }

func main() {
	for i := 0; i < 80; i++ {
		p := new(page)
		start(query(i)).then(p.add)
	}
	lib.Wait()
}
