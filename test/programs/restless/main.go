// SPDX-License-Identifier: Apache-2.0

// Restless has goroutines wait all the time for what others are just about to do: close, broadcast,
// hand over, time out. What wakes them is often in a register alone, on a stack that is being moved, or
// behind a finalizer. Nobody in it ever waits for good.
package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"programs/control"
)

var only = flag.String("only", "", "one of the restless alone")

type restless struct {
	name string
	run  func()
	done int64
}

var all = []*restless{
	{name: "handover", run: handOver},
	{name: "close", run: closeAll},
	{name: "broadcast", run: broadcast},
	{name: "waitgroup", run: waitGroup},
	{name: "mutex", run: mutex},
	{name: "rwmutex", run: rwMutex},
	{name: "after", run: after},
	{name: "timer", run: timer},
	{name: "afterfunc", run: afterFunc},
	{name: "finalizer", run: finalizer},
	{name: "shift", run: shift},
	{name: "swap", run: swap},
	{name: "deep", run: deep},
	{name: "channels", run: channels},
	{name: "maps", run: maps},
	{name: "pipe", run: pipe},
	{name: "both", run: bothWays},
	{name: "pool", run: pool},
	{name: "signal", run: signals},
	{name: "chain", run: chain},
}

func main() {
	flag.Parse()
	signal.Notify(caught, syscall.SIGUSR1)
	for _, one := range all {
		if *only == "" || *only == one.name {
			go forever(one)
		}
	}
	go collect()
	control.Serve("", control.Commands{"counts": answer})
}

func forever(one *restless) {
	for {
		one.run()
		atomic.AddInt64(&one.done, 1)
	}
}

func collect() {
	for {
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
	}
}

func answer([]string) ([]byte, error) {
	counts := map[string]int64{}
	for _, one := range all {
		counts[one.name] = atomic.LoadInt64(&one.done)
	}
	return json.Marshal(counts)
}

// Two that only know each other.
func handOver() {
	there, back := make(chan int), make(chan int)
	end := make(chan bool)
	go func() {
		for i := range there {
			back <- i
		}
		close(end)
	}()
	for i := 0; i < 100; i++ {
		there <- i
		<-back
	}
	close(there)
	<-end
}

// Many wait; who closes drops the channel at the same moment.
func closeAll() {
	gate := make(chan bool)
	var left sync.WaitGroup
	for i := 0; i < 50; i++ {
		left.Add(1)
		go func() {
			defer left.Done()
			<-gate
		}()
	}
	runtime.Gosched()
	close(gate)
	left.Wait()
}

func broadcast() {
	var lock sync.Mutex
	cond := sync.NewCond(&lock)
	var left sync.WaitGroup
	ready := false
	for i := 0; i < 50; i++ {
		left.Add(1)
		go func() {
			defer left.Done()
			lock.Lock()
			for !ready {
				cond.Wait()
			}
			lock.Unlock()
		}()
	}
	runtime.Gosched()
	lock.Lock()
	ready = true
	lock.Unlock()
	cond.Broadcast()
	left.Wait()
}

func waitGroup() {
	for i := 0; i < 20; i++ {
		group := new(sync.WaitGroup)
		end := make(chan bool)
		group.Add(3)
		for k := 0; k < 3; k++ {
			go group.Done()
		}
		go func() {
			group.Wait()
			close(end)
		}()
		<-end
	}
}

func mutex() {
	lock := new(sync.Mutex)
	end := make(chan bool, 8)
	for i := 0; i < 8; i++ {
		go func() {
			for k := 0; k < 50; k++ {
				lock.Lock()
				spin(20)
				lock.Unlock()
			}
			end <- true
		}()
	}
	for i := 0; i < 8; i++ {
		<-end
	}
}

func rwMutex() {
	lock := new(sync.RWMutex)
	end := make(chan bool, 8)
	for i := 0; i < 8; i++ {
		write := i%4 == 0
		go func() {
			for k := 0; k < 50; k++ {
				if write {
					lock.Lock()
					spin(20)
					lock.Unlock()
				} else {
					lock.RLock()
					spin(20)
					lock.RUnlock()
				}
			}
			end <- true
		}()
	}
	for i := 0; i < 8; i++ {
		<-end
	}
}

//go:noinline
func spin(n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += i ^ sum
	}
	return sum
}

// Nobody but the timer can reach either.
func after() {
	never := make(chan int)
	select {
	case <-never:
	case <-time.After(time.Millisecond):
	}
	<-time.After(time.Millisecond)
}

func timer() {
	clock := time.NewTimer(time.Hour)
	clock.Reset(time.Millisecond)
	<-clock.C
	tick := time.NewTicker(time.Millisecond)
	for i := 0; i < 3; i++ {
		<-tick.C
	}
	tick.Stop()
}

func afterFunc() {
	answer := make(chan int)
	time.AfterFunc(time.Millisecond, func() { answer <- 1 })
	<-answer
}

type closer struct {
	answer chan int
	data   [64]byte
}

// What sends can be reached by nobody, until it has been collected.
func finalizer() {
	answer := make(chan int, 1)
	drop(answer)
	<-answer
}

//go:noinline
func drop(answer chan int) {
	one := &closer{answer: answer}
	runtime.SetFinalizer(one, func(one *closer) { one.answer <- 1 })
}

// The only pointers to the channels are on the move all the time.
func shift() {
	held := make([]chan int, 5, 12)
	end := make(chan bool)
	for i := range held {
		held[i] = make(chan int)
		go func(answer chan int) {
			<-answer
			end <- true
		}(held[i])
	}
	for round := 0; round < 2000; round++ {
		held = append(held, nil)
		copy(held[1:], held)
		held[0] = nil
		copy(held, held[1:])
		held = held[:5]
	}
	for _, answer := range held {
		answer <- 1
		<-end
	}
}

type box struct {
	answer chan int
	next   *box
}

// It changes hands by exchange: for a moment it is in a register alone.
func swap() {
	var left, right atomic.Value
	end := make(chan bool)
	first := &box{answer: make(chan int)}
	none := &box{}
	left.Store(first)
	right.Store(none)
	go func(answer chan int) {
		<-answer
		close(end)
	}(first.answer)
	first = nil
	for i := 0; i < 2000; i++ {
		one := left.Swap(none).(*box)
		other := right.Swap(one).(*box)
		left.Store(other)
		other = left.Swap(none).(*box)
		one = right.Swap(other).(*box)
		left.Store(one)
	}
	left.Load().(*box).answer <- 1
	<-end
}

// Stacks that grow, move, and are made smaller by the collector.
func deep() {
	answer, end := make(chan int), make(chan bool)
	go func() {
		<-answer
		close(end)
	}()
	sink(200, &box{answer: answer})
	<-end
}

//go:noinline
func sink(depth int, held *box) int {
	var room [256]byte
	room[depth%256] = byte(depth)
	if depth == 0 {
		runtime.Gosched()
		held.answer <- 1
		return int(room[0])
	}
	here := box{next: held}
	return sink(depth-1, here.next) + int(room[depth%256])
}

func channels() {
	post := make(chan chan int)
	end := make(chan bool)
	for i := 0; i < 10; i++ {
		go func() {
			answer := make(chan int)
			post <- answer
			<-answer
			end <- true
		}()
	}
	for i := 0; i < 10; i++ {
		answer := <-post
		answer <- i
		<-end
	}
}

// A map that moves its entries as it grows.
func maps() {
	held := map[int]chan int{}
	end := make(chan bool)
	for i := 0; i < 30; i++ {
		answer := make(chan int)
		held[i] = answer
		go func() {
			<-answer
			end <- true
		}()
		for k := 0; k < i; k++ {
			taken := held[k]
			delete(held, k)
			held[k] = taken
		}
	}
	for _, answer := range held {
		answer <- 1
		<-end
	}
}

func pipe() {
	read, write, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	answer := make(chan int)
	go func() {
		var bytes [1]byte
		read.Read(bytes[:])
		answer <- int(bytes[0])
	}()
	go write.Write([]byte{1})
	<-answer
	read.Close()
	write.Close()
}

func bothWays() {
	table, end := make(chan int), make(chan bool)
	for i := 0; i < 4; i++ {
		go func() {
			for k := 0; k < 50; k++ {
				select {
				case table <- k:
				case <-table:
				case <-time.After(100 * time.Microsecond):
				}
			}
			end <- true
		}()
	}
	for i := 0; i < 4; i++ {
		<-end
	}
}

var boxes = sync.Pool{New: func() any { return &box{answer: make(chan int)} }}

func pool() {
	one := boxes.Get().(*box)
	end := make(chan bool)
	answer := one.answer
	boxes.Put(one)
	go func() {
		select {
		case <-answer:
		case <-time.After(time.Millisecond):
		}
		close(end)
	}()
	if other := boxes.Get().(*box); other != nil {
		select {
		case other.answer <- 1:
		default:
		}
		boxes.Put(other)
	}
	<-end
}

var caught = make(chan os.Signal, 1)

func signals() {
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-caught
}

// Each knows the next one alone, and the last one is started last.
func chain() {
	first := make(chan int)
	link(first, 50)
	<-first
}

//go:noinline
func link(out chan int, left int) {
	if left == 0 {
		go func() { out <- 1 }()
		return
	}
	in := make(chan int)
	go func() { out <- <-in }()
	link(in, left-1)
}
