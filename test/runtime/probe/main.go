// SPDX-License-Identifier: Apache-2.0

// A program that knows the truth about itself: it holds a known heap, and for every line on its
// standard input it answers with the runtime's own counts of it, without allocating on the way.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type node struct {
	next *node
	data [1000]byte
}

var (
	kept      *node
	untouched []byte
	answer    = make([]byte, 0, 4096)
	stats     runtime.MemStats
	forever   = make(chan int)
	mutex     sync.Mutex
	waitGroup sync.WaitGroup
	cond      = sync.NewCond(&sync.Mutex{})
)

func add(name string, value uint64) {
	if len(answer) > 1 {
		answer = append(answer, ',')
	}
	answer = append(answer, '"')
	answer = append(answer, name...)
	answer = append(answer, `":`...)
	answer = strconv.AppendUint(answer, value, 10)
}

// report answers in one line of JSON. MemStats is read last: reading it stops the world, which
// leaves the counters where they are until somebody allocates.
func report() {
	answer = append(answer[:0], '{')
	add("goroutines", uint64(runtime.NumGoroutine()))
	add("processors", uint64(runtime.GOMAXPROCS(0)))
	runtime.ReadMemStats(&stats)
	add("gc_count", uint64(stats.NumGC))
	add("last_gc", stats.LastGC)
	add("next_gc", stats.NextGC)
	add("heap_in_use", stats.HeapInuse)
	add("heap_idle", stats.HeapIdle)
	add("heap_released", stats.HeapReleased)
	add("heap_alloc", stats.HeapAlloc)
	add("total_alloc", stats.TotalAlloc)
	add("stack_in_use", stats.StackInuse)
	add("sys", stats.Sys)
	add("stack_sys", stats.StackSys)
	add("mspan_sys", stats.MSpanSys)
	add("mcache_sys", stats.MCacheSys)
	add("buck_hash_sys", stats.BuckHashSys)
	add("gc_sys", stats.GCSys)
	add("other_sys", stats.OtherSys)
	answer = append(answer, "}\n"...)
	syscall.Write(1, answer)
}

func fill(count int) {
	for i := 0; i < count; i++ {
		kept = &node{next: kept}
	}
}

func argument(name string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return value
	}
	return otherwise
}

func main() {
	mutex.Lock()
	waitGroup.Add(1)
	for i := 0; i < argument("PROBE_GOROUTINES", 40); i++ {
		switch i % 4 {
		case 0:
			go func() { <-forever }()
		case 1:
			go func() { mutex.Lock() }()
		case 2:
			go func() { waitGroup.Wait() }()
		case 3:
			go func() { cond.L.Lock(); cond.Wait() }()
		}
	}
	if percent := argument("PROBE_GOGC", 0); percent != 0 {
		debug.SetGCPercent(percent)
	}
	// Fresh pages of the system are zeroes already: nobody writes to them.
	untouched = make([]byte, argument("PROBE_UNTOUCHED", 0))
	fill(argument("PROBE_NODES", 10000))
	if garbage := argument("PROBE_GARBAGE", 0); garbage > 0 {
		before := kept
		fill(garbage)
		kept = before
	}
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	native()
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		runtime.KeepAlive(untouched)
		switch lines.Text() {
		case "gc":
			runtime.GC()
		case "free":
			debug.FreeOSMemory()
		}
		report()
	}
}
