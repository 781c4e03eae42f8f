// Package lib is what the programs of the corpus share: when their state is built they say so, and
// what they know of it, and wait.
package lib

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var (
	// Before package main has allocated anything.
	before = memory()
	lock   sync.Mutex
	told   = map[string]int64{}
	after  = func() {}
)

// What is alive, and the stacks.
func memory() int64 {
	var stats runtime.MemStats
	collect()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

func collect() {
	for i := 0; i < 2; i++ {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
}

// Tell notes down what a program alone knows, for a marker that says bytes=@name.
func Tell(name string, value int64) {
	lock.Lock()
	defer lock.Unlock()
	told[name] = value
}

// AfterCollection has something done after each collection, before all is said to be ready.
func AfterCollection(do func()) {
	after = do
}

// Profiled keeps the runtime's sampling of allocations, which the linker turns off in programs that
// never ask for a profile.
func Profiled() {
	samples, _ := runtime.MemProfile(nil, false)
	Tell("profiled", int64(samples))
}

func ready() {
	Tell("measured", memory()-before) // which collects: what is done after that stays as it is
	after()
	Tell("goroutines", int64(runtime.NumGoroutine()))
	lock.Lock()
	defer lock.Unlock()
	facts, _ := json.Marshal(told)
	fmt.Printf("ready pid=%d go=%s %s\n", os.Getpid(), runtime.Version(), facts)
}

// Wait lets what was started come to rest, says that all is ready, collects whenever it is asked to,
// and ends the program when standard input ends.
func Wait() {
	time.Sleep(300 * time.Millisecond)
	ready()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		ready()
	}
	os.Exit(0)
}

// Until asks until it is so.
//
//go:noinline
func Until(so func() bool) {
	for !so() {
		time.Sleep(time.Millisecond)
	}
}

// Background is Wait in a goroutine of its own, where main has something else to wait for.
func Background() {
	go Wait()
}
