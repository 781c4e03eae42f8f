// Flushes that fail report what there is room for.
package main

import (
	"errors"

	"corpus/lib"
)

type record struct {
	id   int
	text string
}

type sink interface {
	write(records []record) error
}

type broken struct{ reason error }

func (b broken) write([]record) error { return b.reason }

type batcher struct {
	sink    sink
	pending []record
	errs    chan error
}

func newBatcher(s sink) *batcher {
	return &batcher{sink: s, errs: make(chan error, 1)}
}

func (b *batcher) add(r record) {
	if b.pending = append(b.pending, r); len(b.pending) < 8 {
		return
	}
	batch := b.pending
	b.pending = nil
	go func() {
		if err := b.sink.write(batch); err != nil {
			select {
			case b.errs <- err:
			default:
			}
		}
	}()
}

func load(files int) error {
	b := newBatcher(broken{errors.New("disk full")})
	for i := 0; i < files*8; i++ {
		b.add(record{id: i})
	}
	return <-b.errs
}

func main() {
	for i := 0; i < 20; i++ {
		_ = load(5)
	}
	lib.Wait()
}
