// Goroutines that wait for long on channels that are listed, and are woken in the end, by code that
// comes by its channel in one way or another.
package main

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"corpus/lib"
)

const each = 12

var wait sync.WaitGroup

func start(f func()) {
	wait.Add(1)
	go func() {
		defer wait.Done()
		f()
	}()
}

// A type argument.
type hub[T any] struct {
	lock sync.Mutex
	all  []chan T
}

func (h *hub[T]) subscribe() {
	c := make(chan T)
	h.lock.Lock()
	h.all = append(h.all, c)
	h.lock.Unlock()
	start(func() { <-c })
}

func (h *hub[T]) publish(value T) {
	h.lock.Lock()
	defer h.lock.Unlock()
	for _, c := range h.all {
		c <- value
	}
}

var numbers hub[int32]

// Reflection.
type reflected struct{ events chan int8 }

var byReflection []*reflected

// A parameter, of a function that is called by its value.
type byParameter struct{ events chan uint8 }

var parameters []*byParameter

//go:noinline
func send(c chan<- uint8, value uint8) { c <- value }

var sender = send

// An interface.
type notifier interface{ notify() }

type listener struct {
	id     int
	events chan uint16
}

func (l *listener) notify() { l.events <- 1 }

var listeners []notifier

func listen(l *listener) { <-l.events }

// What a closure captures, called in a defer.
type deferred struct{ done chan float32 }

var deferreds []*deferred

//go:noinline
func endAll() {
	for _, d := range deferreds {
		c := d.done
		defer close(c)
	}
}

// A map of channels.
var inMap = map[int]chan uint32{}

// A sync.Map.
var inSyncMap sync.Map

// A struct that is copied.
type letter struct {
	name  string
	reply chan float64
}

type box struct {
	id     [3]int
	letter letter
}

var letters []*box

//go:noinline
func reply(l letter) { l.reply <- 1 }

// What a function returns.
type source struct{ c chan complex64 }

var sources []*source

//go:noinline
func (s *source) events() chan complex64 { return s.c }

// A select that sends, and one with a default.
type queued struct {
	in  chan string
	out chan []byte
}

var queues []*queued

// A channel of channels.
var asked = make(chan chan [2]int, each)

// A context.
var stop context.CancelFunc

// A goroutine that does nothing but hold it.
type held struct{ c chan [3]int }

//go:noinline
func hold(h *held, until chan struct{}) {
	<-until
	h.c <- [3]int{}
}

func begin() {
	ctx, cancel := context.WithCancel(context.Background())
	stop = cancel
	for i := 0; i < each; i++ {
		numbers.subscribe()

		r := &reflected{make(chan int8)}
		byReflection = append(byReflection, r)
		start(func() { <-r.events })

		p := &byParameter{make(chan uint8)}
		parameters = append(parameters, p)
		start(func() { <-p.events })

		l := &listener{i, make(chan uint16)}
		listeners = append(listeners, l)
		start(func() { listen(l) })

		d := &deferred{make(chan float32)}
		deferreds = append(deferreds, d)
		start(func() {
			for range d.done {
			}
		})

		m := make(chan uint32)
		inMap[i] = m
		start(func() { <-m })

		s := make(chan uint64)
		inSyncMap.Store(i, s)
		start(func() { <-s })

		b := &box{letter: letter{"x", make(chan float64)}}
		letters = append(letters, b)
		start(func() { <-b.letter.reply })

		o := &source{make(chan complex64)}
		sources = append(sources, o)
		start(func() { <-o.c })

		q := &queued{make(chan string), make(chan []byte)}
		queues = append(queues, q)
		start(func() {
			<-q.in
			q.out <- nil
		})

		a := make(chan [2]int)
		asked <- a
		start(func() { <-a })

		start(func() { <-ctx.Done() })
	}
}

func end() {
	numbers.publish(1)
	for _, r := range byReflection {
		reflect.ValueOf(r.events).Send(reflect.ValueOf(int8(1)))
	}
	for _, p := range parameters {
		sender(p.events, 1)
	}
	for _, l := range listeners {
		l.notify()
	}
	endAll()
	for _, c := range inMap {
		c <- 1
	}
	inSyncMap.Range(func(_, c any) bool {
		c.(chan uint64) <- 1
		return true
	})
	for _, b := range letters {
		reply(b.letter)
	}
	for _, o := range sources {
		o.events() <- 1
	}
	for _, q := range queues {
		select {
		case q.in <- "x":
		case <-q.out:
		}
		<-q.out
	}
	for i := 0; i < each; i++ {
		(<-asked) <- [2]int{}
	}
	stop()
}

func main() {
	begin()
	until := make(chan struct{})
	for i := 0; i < each; i++ {
		h := &held{make(chan [3]int)}
		start(func() { hold(h, until) })
		start(func() { <-h.c })
	}
	lib.Wait()
	end()
	close(until)
	wait.Wait()
	fmt.Println("all have ended")
}
