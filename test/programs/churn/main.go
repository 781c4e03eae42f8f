// SPDX-License-Identifier: Apache-2.0

// Churn starts and ends goroutines, connections, timers and threads all the time, beside some
// that stand still, and counts what went wrong.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"programs/control"
)

var (
	rate    = flag.Int("rate", 5000, "goroutines a second")
	dials   = flag.Int("dials", 100, "connections a second")
	threads = flag.Int("threads", 20, "threads a second")
	steady  = flag.Int("steady", 50, "goroutines that stand still")
)

var counts struct{ goroutines, connections, threads, errors int64 }

var sink atomic.Value

func main() {
	flag.Parse()
	for i := 0; i < *steady; i++ {
		go stand(make(chan int), i)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go serve(listener)
	go every(*rate, func(i int) { go brief(i, make(chan int, 1)) })
	go every(*dials, func(int) { go call(listener.Addr().String()) })
	go every(*threads, func(int) { go thread() })
	time.Sleep(100 * time.Millisecond)
	control.Serve("", control.Commands{"counts": answer})
}

func answer([]string) ([]byte, error) {
	return json.Marshal(map[string]int64{
		"goroutines":  atomic.LoadInt64(&counts.goroutines),
		"connections": atomic.LoadInt64(&counts.connections),
		"threads":     atomic.LoadInt64(&counts.threads),
		"errors":      atomic.LoadInt64(&counts.errors),
	})
}

//go:noinline
func stand(channel chan int, i int) int { return <-channel + i }

// every does work so many times a second, in bursts of what a millisecond asks for.
func every(perSecond int, work func(int)) {
	begin, done := time.Now(), 0
	for {
		due := int(time.Since(begin).Seconds() * float64(perSecond))
		for ; done < due; done++ {
			work(done)
		}
		time.Sleep(time.Millisecond)
	}
}

// brief lives for a moment, grows its stack and leaves garbage.
func brief(i int, channel chan int) {
	atomic.AddInt64(&counts.goroutines, 1)
	channel <- grow(i % 50)
	sink.Store(make([]byte, 64+i%1024))
	if i%10 == 0 {
		time.Sleep(time.Duration(i%7) * time.Millisecond)
	}
	if <-channel != i%50 {
		atomic.AddInt64(&counts.errors, 1)
	}
}

//go:noinline
func grow(n int) int {
	var room [64]int
	if n == 0 {
		return room[n]
	}
	return grow(n-1) + 1
}

func serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			atomic.AddInt64(&counts.errors, 1)
			return
		}
		go func() {
			defer connection.Close()
			io.Copy(connection, connection)
		}()
	}
}

func call(address string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		atomic.AddInt64(&counts.errors, 1)
		return
	}
	defer connection.Close()
	var answer [4]byte
	if _, err = connection.Write([]byte("ping")); err == nil {
		_, err = io.ReadFull(connection, answer[:])
	}
	if err != nil || string(answer[:]) != "ping" {
		atomic.AddInt64(&counts.errors, 1)
		return
	}
	atomic.AddInt64(&counts.connections, 1)
}

// thread ends its goroutine while it is locked, which ends the thread too.
func thread() {
	runtime.LockOSThread()
	atomic.AddInt64(&counts.threads, 1)
	time.Sleep(time.Millisecond)
}
