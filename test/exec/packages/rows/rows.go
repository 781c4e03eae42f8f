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

// Locks of things that lead to something else, so that none shares its block with what others allocate.
type account struct {
	mutex sync.Mutex
	book  []int
}

func newAccount() *account { return &account{book: make([]int, 8)} }

func (a *account) add(entry int, fixed bool) {
	a.mutex.Lock()
	a.book[0] += entry
	if fixed {
		a.mutex.Unlock()
	}
}

// The function that would end it is dropped: nobody can say that it is over.
func cancelNeverCalled(fixed bool) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-ctx.Done()
		total++
	}()
	if fixed {
		cancel()
	}
}

func lockNeverReleased(fixed bool) {
	a := newAccount()
	a.add(1, fixed)
	go a.add(2, fixed)
}

func (a *account) sum() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.book[0]
}

func (a *account) addTwice(entry int, fixed bool) int {
	a.mutex.Lock()
	a.book[0] += 2 * entry
	if fixed {
		a.mutex.Unlock()
		return a.sum()
	}
	defer a.mutex.Unlock()
	return a.sum()
}

func doubleLock(fixed bool) {
	go newAccount().addTwice(1, fixed)
}

func (a *account) addByHelper() {
	var helpers sync.WaitGroup
	helpers.Add(1)
	go func() {
		defer helpers.Done()
		a.add(1, true)
	}()
	helpers.Wait()
}

func (a *account) restock(fixed bool) {
	if fixed {
		a.addByHelper()
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.addByHelper()
}

func lockHeldByCreator(fixed bool) {
	go newAccount().restock(fixed)
}

type shop struct {
	stock, till *account
	held        chan struct{}
}

// Each says what it holds, and the leaky ones wait for each other to say so.
func (s *shop) meet(fixed bool) {
	s.held <- struct{}{}
	for !fixed && len(s.held) < cap(s.held) {
		time.Sleep(time.Millisecond)
	}
}

func (s *shop) order(fixed bool) {
	s.stock.mutex.Lock()
	defer s.stock.mutex.Unlock()
	s.meet(fixed)
	s.till.mutex.Lock()
	defer s.till.mutex.Unlock()
	s.till.book[0]++
}

func (s *shop) refund(fixed bool) {
	first, second := s.till, s.stock
	if fixed {
		first, second = s.stock, s.till
	}
	first.mutex.Lock()
	defer first.mutex.Unlock()
	s.meet(fixed)
	second.mutex.Lock()
	defer second.mutex.Unlock()
	second.book[0]--
}

func lockOrder(fixed bool) {
	s := &shop{newAccount(), newAccount(), make(chan struct{}, 2)}
	go s.order(fixed)
	go s.refund(fixed)
	for len(s.held) < 2 {
		time.Sleep(time.Millisecond)
	}
}

func transfer(from, to *account, held chan struct{}, together bool) {
	from.mutex.Lock()
	defer from.mutex.Unlock()
	held <- struct{}{}
	for together && len(held) < cap(held) {
		time.Sleep(time.Millisecond)
	}
	to.mutex.Lock()
	defer to.mutex.Unlock()
	to.book[0]++
}

func lockOrderByParameters(fixed bool) {
	one, other, held := newAccount(), newAccount(), make(chan struct{}, 2)
	go transfer(one, other, held, !fixed)
	if fixed {
		go transfer(one, other, held, false)
	} else {
		go transfer(other, one, held, true)
	}
	for len(held) < 2 {
		time.Sleep(time.Millisecond)
	}
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

type catalogue struct {
	lock   sync.RWMutex
	prices map[string]int
}

func (c *catalogue) price(item string) int {
	c.lock.RLock()
	defer c.lock.RUnlock()
	return c.prices[item]
}

// There is a writer that waits once nobody else can begin to read.
func (c *catalogue) total(held chan struct{}, fixed bool) int {
	c.lock.RLock()
	defer c.lock.RUnlock()
	close(held)
	if fixed {
		return c.prices["apples"]
	}
	for c.lock.TryRLock() {
		c.lock.RUnlock()
		time.Sleep(time.Millisecond)
	}
	return c.price("apples")
}

func nestedReadLock(fixed bool) {
	c, held := &catalogue{prices: map[string]int{"apples": 1}}, make(chan struct{})
	go c.total(held, fixed)
	<-held
	go func() {
		c.lock.Lock()
		defer c.lock.Unlock()
		c.prices["apples"] = 2
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

// One holds the only slot, for long; the fixed ones are as many as there are slots.
func unboundedGoroutines(fixed bool) {
	slots := slotsOfAll
	count, pause := 1100, time.Hour
	if fixed {
		slots, count, pause = make(chan struct{}, 4), 4, 0
	}
	for i := 0; i < count; i++ {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			time.Sleep(pause)
		}()
	}
}

var slotsOfAll = make(chan struct{}, 1)
