// SPDX-License-Identifier: Apache-2.0

// Package menagerie starts goroutines that stand still, at least one in every kind of wait and
// under every kind of frame that the runtime's own dump can show.
package menagerie

import (
	"os"
	"runtime"
	"sync"
	"time"
)

// never is a channel that nobody sends to and nobody closes.
var never = make(chan struct{})

// kept holds what must not be collected while goroutines wait for it.
var kept struct {
	sync.Mutex
	values []interface{}
}

func keep(value interface{}) {
	kept.Lock()
	kept.values = append(kept.values, value)
	kept.Unlock()
}

// starters are the functions that the files of this package register; each starts some goroutines.
var starters []func()

func register(start func()) bool {
	starters = append(starters, start)
	return true
}

// Options choose what is not always wanted.
type Options struct {
	Spin bool // a goroutine that never stops computing
}

// Start starts all of it and returns when everything has come to rest.
func Start(options Options) {
	for _, start := range starters {
		start()
	}
	if options.Spin {
		go spin()
	}
	settle()
}

// settle waits until the goroutines have reached their places: their number stays, and a
// collection has run, which shrinks stacks now rather than between two looks.
func settle() {
	for last, same := 0, 0; same < 5; {
		time.Sleep(20 * time.Millisecond)
		now := runtime.NumGoroutine()
		if now == last {
			same++
		} else {
			last, same = now, 0
		}
	}
	runtime.GC()
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
}

// Spun keeps the spinning loop from being optimised away.
var Spun uint64

// spin has no call in its loop: only asynchronous preemption stops it.
//
//go:noinline
func spin() {
	sum := uint64(os.Getpid())
	for {
		for i := uint64(0); i < 1000; i++ {
			sum = sum*6364136223846793005 + i
		}
		Spun = sum
	}
}

// hold blocks for ever; it is never inlined, so that its caller has a frame with arguments.
//
//go:noinline
func hold() { <-never }
