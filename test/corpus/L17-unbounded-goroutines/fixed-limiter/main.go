// A rate limiter forgets each key after an hour, when somebody comes.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type limiter struct {
	mu     sync.Mutex
	counts map[string]int
	swept  time.Time
}

func (l *limiter) forget() {
	if time.Since(l.swept) > time.Hour {
		l.counts, l.swept = map[string]int{}, time.Now()
	}
}

func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	l.forget()
	l.counts[key]++
	n := l.counts[key]
	l.mu.Unlock()
	return n < 100
}

func handle(l *limiter, requests <-chan int) {
	for r := range requests {
		l.allow(fmt.Sprint("10.0.0.", r%250))
	}
}

func main() {
	l := &limiter{counts: map[string]int{}}
	requests := make(chan int)
	go handle(l, requests)
	for i := 0; i < 200; i++ {
		requests <- i
	}
	go func() {
		for i := 0; ; i++ {
			requests <- i
			time.Sleep(20 * time.Millisecond)
		}
	}()
	lib.Wait()
}
