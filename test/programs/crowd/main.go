// SPDX-License-Identifier: Apache-2.0

// Crowd holds many parked goroutines beside a heap of any size, and notices when it is stopped.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"programs/control"
)

var (
	goroutines = flag.Int("n", 1000, "parked goroutines")
	ballast    = flag.Int("ballast", 0, "MiB of heap without pointers")
	nodes      = flag.Int("nodes", 0, "MiB of heap in linked nodes")
	writing    = flag.Int("write", 0, "MiB a second to write into the ballast; -1: as many as it can")
	interval   = flag.Duration("tick", 200*time.Microsecond, "time between ticks")
)

var never = make(chan struct{})

type node struct {
	next  *node
	value [6]uint64
}

// heap is what the flags asked for, kept alive by being global.
var heap struct {
	bytes [][]byte
	nodes []*node
}

func main() {
	flag.Parse()
	grow()
	crowd(*goroutines)
	settle()
	ticks := newTicker()
	go ticks.run(*interval)
	if *writing != 0 {
		go ticks.write(*writing)
	}
	control.Serve(fmt.Sprintf("goroutines=%d", runtime.NumGoroutine()), control.Commands{
		"ticks": ticks.answer,
		"more":  more,
		"fork":  fork,
	})
}

func grow() {
	for i := 0; i < *ballast; i++ {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += os.Getpagesize() {
			block[at] = 1
		}
		heap.bytes = append(heap.bytes, block)
	}
	var size node
	each := (1 << 20) / (8 + len(size.value)*8)
	for i := 0; i < *nodes; i++ {
		var chain *node
		for j := 0; j < each; j++ {
			chain = &node{next: chain}
		}
		heap.nodes = append(heap.nodes, chain)
	}
}

// crowd parks n goroutines in a mix of places.
func crowd(n int) {
	var lock sync.Mutex
	lock.Lock()
	var group sync.WaitGroup
	group.Add(1)
	condition := sync.NewCond(new(sync.Mutex))
	full := make(chan int, 1)
	full <- 1
	connections := pipes((n + 7) / 8)
	for i := 0; i < n; i++ {
		switch i % 8 {
		case 0:
			go receive(i, make(chan int))
		case 1:
			go send(i, full)
		case 2:
			go func(i int) { choose(i, make(chan int), full) }(i)
		case 3:
			go locked(&lock)
		case 4:
			go group.Wait()
		case 5:
			go func() {
				condition.L.Lock()
				condition.Wait()
			}()
		case 6:
			go sleep(i)
		case 7:
			if connection := connections(); connection != nil {
				go connection.Read(make([]byte, 1))
			} else {
				go deep(i%30 + 1)
			}
		}
	}
}

// pipes gives connections to read from, at most 200: descriptors are limited.
func pipes(wanted int) func() net.Conn {
	if wanted > 200 {
		wanted = 200
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return func() net.Conn {
		if wanted == 0 {
			return nil
		}
		wanted--
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		accepted, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go accepted.Read(make([]byte, 1))
		return connection
	}
}

func receive(i int, channel chan int) { <-channel }
func send(i int, channel chan int)    { channel <- i }
func locked(lock *sync.Mutex)         { lock.Lock() }
func sleep(i int)                     { time.Sleep(time.Duration(i+1) * time.Hour) }
func choose(i int, in, out chan int) int {
	select {
	case v := <-in:
		return v
	case out <- i:
		return 0
	}
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		<-never
	}
	return deep(n-1) + 1
}

func more(arguments []string) ([]byte, error) {
	if len(arguments) != 1 {
		return nil, fmt.Errorf("more N")
	}
	n, err := strconv.Atoi(arguments[0])
	if err == nil {
		crowd(n)
		settle()
	}
	return nil, err
}

func settle() {
	time.Sleep(50*time.Millisecond + time.Duration(*goroutines)*2*time.Microsecond)
	runtime.GC()
	runtime.GC()
}

// fork has the kernel copy the process, and tells how many nanoseconds that took.
func fork([]string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	child, failure := forkAndExit()
	took := time.Since(begin)
	if failure != 0 {
		return nil, failure
	}
	syscall.Wait4(child, nil, 0, nil)
	return []byte(strconv.FormatInt(int64(took), 10)), nil
}

// forkAndExit returns in the parent only: the child has one thread, and no runtime that works.
//
//go:norace
//go:noinline
func forkAndExit() (int, syscall.Errno) {
	child, _, failure := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	for child == 0 && failure == 0 {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return int(child), failure
}

// ticker notices how long the process stood.
type ticker struct {
	longest int64 // the longest gap between two ticks, ns
	ticks   int64
	written int64 // bytes
	since   int64 // when the counts began, ns of the monotonic clock
	start   time.Time
}

func newTicker() *ticker { return &ticker{start: time.Now()} }

// run ticks on a thread of its own, so that no other goroutine is between it and its timer.
func (t *ticker) run(interval time.Duration) {
	runtime.LockOSThread()
	last := time.Now()
	for {
		time.Sleep(interval)
		now := time.Now()
		if gap := int64(now.Sub(last)); gap > atomic.LoadInt64(&t.longest) {
			atomic.StoreInt64(&t.longest, gap)
		}
		atomic.AddInt64(&t.ticks, 1)
		last = now
	}
}

// write touches the ballast page by page, as fast as it was told to.
func (t *ticker) write(rate int) {
	page := os.Getpagesize()
	begin, done := time.Now(), int64(0)
	for turn := byte(0); ; turn++ {
		for _, block := range heap.bytes {
			for at := 0; at < len(block); at += page {
				block[at] = turn
			}
			done += int64(len(block))
			atomic.AddInt64(&t.written, int64(len(block)))
			if rate > 0 {
				due := time.Duration(float64(done) / float64(rate<<20) * float64(time.Second))
				if ahead := due - time.Since(begin); ahead > time.Millisecond {
					time.Sleep(ahead)
				}
			}
		}
		if len(heap.bytes) == 0 {
			return
		}
	}
}

// answer tells the counts since it was last asked, and begins anew.
func (t *ticker) answer([]string) ([]byte, error) {
	now := int64(time.Since(t.start))
	seconds := float64(now-atomic.SwapInt64(&t.since, now)) / 1e9
	ticks := atomic.SwapInt64(&t.ticks, 0)
	written := atomic.SwapInt64(&t.written, 0)
	return json.Marshal(map[string]interface{}{
		"seconds":            seconds,
		"longest_gap_ms":     float64(atomic.SwapInt64(&t.longest, 0)) / 1e6,
		"ticks":              ticks,
		"ticks_per_second":   float64(ticks) / seconds,
		"written":            written,
		"written_per_second": float64(written) / seconds,
	})
}
