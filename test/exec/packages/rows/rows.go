// Package rows leaks goroutines in the ways of the catalogue, and has a twin of each that does not.
package rows

import (
	"context"
	"sync"
	"time"
)

type job struct{ number int }

var total int

// Stop ends what belongs to the whole process.
var Stop = make(chan struct{})

func receiveWithoutSender(fixed bool) {
	results := make(chan int)
	go func() {
		total += <-results
	}()
	if fixed {
		results <- 1
	}
}

func rangeWithoutClose(fixed bool) {
	jobs := make(chan job)
	go func() {
		for j := range jobs {
			total += j.number
		}
	}()
	jobs <- job{1}
	if fixed {
		close(jobs)
	}
}

func sendWithoutReceiver(fixed bool) {
	room := 0
	if fixed {
		room = 1
	}
	results := make(chan int, room)
	go func() {
		results <- 1
	}()
}

func firstResultWins(fixed bool) {
	room := 0
	if fixed {
		room = 3
	}
	results := make(chan int, room)
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			results <- i
		}()
	}
	total += <-results
}

func sendToFullChannel(fixed bool) {
	room := 2
	if fixed {
		room = 3
	}
	results := make(chan int, room)
	go func() {
		for i := 0; i < 3; i++ {
			results <- i
		}
	}()
	total += <-make(chan0, 0).now()
}

type chan0 chan int

func (chan0) now() chan int {
	c := make(chan int, 1)
	c <- 1
	return c
}

func nilChannel(fixed bool) {
	var results chan int
	if fixed {
		results = make(chan int, 1)
	}
	go func() {
		results <- 1
	}()
}

func selectNeverReady(fixed bool) {
	one, other := make(chan int), make(chan int)
	go func() {
		select {
		case n := <-one:
			total += n
		case n := <-other:
			total += n
		}
	}()
	if fixed {
		close(one)
	}
}

func exitStaysInLoop(fixed bool) {
	jobs, done := make(chan int), make(chan struct{})
	if fixed {
		go workUntil(jobs, done)
	} else {
		go workForEver(jobs, done)
	}
	close(done)
}

func workUntil(jobs chan int, done chan struct{}) {
	for {
		select {
		case n := <-jobs:
			total += n
		case <-done:
			return
		}
	}
}

func workForEver(jobs chan int, done chan struct{}) {
	for {
		select {
		case n := <-jobs:
			total += n
		case <-done:
			time.Sleep(time.Millisecond)
			break
		}
	}
}

func contextIgnored(fixed bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	results := make(chan int)
	go func() {
		if fixed {
			select {
			case results <- 1:
			case <-ctx.Done():
			}
			return
		}
		work(ctx, results)
	}()
}

func work(ctx context.Context, results chan int) {
	results <- 1
	<-ctx.Done()
}

func lockNeverReleased(fixed bool) {
	var mutex sync.Mutex
	take := func() {
		mutex.Lock()
		total++
		if fixed {
			mutex.Unlock()
		}
	}
	take()
	go take()
}

func doubleLock(fixed bool) {
	var mutex sync.Mutex
	go func() {
		mutex.Lock()
		if fixed {
			mutex.Unlock()
		}
		mutex.Lock()
		mutex.Unlock()
	}()
}

func lockOrder(fixed bool) {
	var one, other sync.Mutex
	ready := make(chan struct{}, 2)
	go func() {
		one.Lock()
		defer one.Unlock()
		ready <- struct{}{}
		if !fixed {
			for len(ready) < 2 {
				time.Sleep(time.Millisecond)
			}
			other.Lock()
			defer other.Unlock()
		}
	}()
	go func() {
		other.Lock()
		defer other.Unlock()
		ready <- struct{}{}
		if !fixed {
			for len(ready) < 2 {
				time.Sleep(time.Millisecond)
			}
			one.Lock()
			defer one.Unlock()
		}
	}()
}

func waitGroupNeverDone(fixed bool) {
	var group sync.WaitGroup
	group.Add(2)
	go func() {
		group.Wait()
	}()
	group.Done()
	if fixed {
		group.Done()
	}
}

func condNeverSignalled(fixed bool) {
	var mutex sync.Mutex
	cond := sync.NewCond(&mutex)
	ready := false
	go func() {
		mutex.Lock()
		defer mutex.Unlock()
		for !ready {
			cond.Wait()
		}
	}()
	if fixed {
		mutex.Lock()
		ready = true
		mutex.Unlock()
		cond.Broadcast()
	}
}

func nestedReadLock(fixed bool) {
	var lock sync.RWMutex
	held, waits := make(chan struct{}), make(chan struct{})
	go func() {
		lock.RLock()
		defer lock.RUnlock()
		close(held)
		if fixed {
			return
		}
		<-waits
		time.Sleep(20 * time.Millisecond)
		lock.RLock()
		defer lock.RUnlock()
	}()
	<-held
	go func() {
		close(waits)
		lock.Lock()
		lock.Unlock()
	}()
}

type poller struct {
	ticker *time.Ticker
	count  int
	stop   chan struct{}
}

func (p *poller) run() {
	for {
		select {
		case <-p.ticker.C:
			p.count++
		case <-p.stop:
			return
		}
	}
}

func jobWithoutStop(fixed bool) {
	p := &poller{ticker: time.NewTicker(time.Second), stop: make(chan struct{})}
	go p.run()
	if fixed {
		close(p.stop)
	}
}

func endlessLoop(fixed bool) {
	if fixed {
		go countTo(10)
	} else {
		go countForEver()
	}
}

func countTo(n int) {
	for i := 0; i < n; i++ {
		total++
	}
}

func countForEver() {
	for {
		total++
		time.Sleep(time.Millisecond)
	}
}
