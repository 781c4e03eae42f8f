// Each attempt is given up after a while, and goes on in the background.
package main

import (
	"errors"
	"time"

	"corpus/lib"
)

type outcome struct {
	value []byte
	err   error
}

type attempt func() outcome

type retrier struct {
	times   int
	timeout time.Duration
}

var errSlow = errors.New("too slow")

func (r *retrier) once(try attempt) outcome {
	done := make(chan outcome)
	go r.run(try, done)
	select {
	case out := <-done:
		return out
	case <-time.After(r.timeout):
		return outcome{err: errSlow}
	}
}

func (r *retrier) run(try attempt, done chan<- outcome) {
	done <- try() // LEAK L3 count=30 bytes=30*65536+ certainty=proved
}

func (r *retrier) do(try attempt) error {
	var out outcome
	for i := 0; i < r.times; i++ {
		if out = r.once(try); out.err == nil {
			return nil
		}
	}
	return out.err
}

type backend struct{ pause time.Duration }

func (b *backend) fetch() outcome {
	time.Sleep(b.pause)
	return outcome{value: make([]byte, 65536)}
}

func main() {
	slow := &backend{pause: 200 * time.Millisecond}
	r := &retrier{times: 3, timeout: time.Millisecond}
	for i := 0; i < 10; i++ {
		_ = r.do(slow.fetch)
	}
	lib.Wait()
}
