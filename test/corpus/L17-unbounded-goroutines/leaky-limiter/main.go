// A rate limiter forgets each key after an hour: by a goroutine a request.
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
}

func (l *limiter) forget(key string) {
	time.Sleep(time.Hour) // LEAK L17 count=200+ certainty=likely over=3s
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.counts, key)
}

func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	l.counts[key]++
	n := l.counts[key]
	l.mu.Unlock()
	go l.forget(key) // LEAK L17
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
