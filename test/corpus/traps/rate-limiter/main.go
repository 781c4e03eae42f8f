// A ticker fills a bucket; callers wait for tokens.
//
// corpus: over=3s
package main

import (
	"time"

	"corpus/lib"
)

type limiter struct {
	tokens chan struct{}
	ticker *time.Ticker
}

func newLimiter(every time.Duration) *limiter {
	l := &limiter{make(chan struct{}, 5), time.NewTicker(every)}
	go func() {
		for range l.ticker.C {
			select {
			case l.tokens <- struct{}{}:
			default:
			}
		}
	}()
	return l
}

func (l *limiter) wait() {
	<-l.tokens
}

func main() {
	l := newLimiter(30 * time.Millisecond)
	for i := 0; i < 50; i++ {
		go func() {
			for {
				l.wait()
			}
		}()
	}
	lib.Wait()
	l.ticker.Stop()
}
