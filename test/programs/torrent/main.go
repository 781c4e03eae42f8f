// SPDX-License-Identifier: Apache-2.0

// Torrent allocates as fast as it can, and what it holds is at every moment of a form that it knows:
// so many rights as lefts, lists as long as they say. It walks through all of it again and again itself,
// to see whether somebody has changed it, and notes how long it stood still.
//
// Commands: `state` tells in JSON what it did and saw.
package main

import (
	"encoding/json"
	"runtime"
	"sync/atomic"
	"time"

	"programs/control"
)

const (
	workers = 2
	slots   = 1000 // of lefts, for each worker
	length  = 500  // of a list
	waste   = 64 << 10
)

// Right is there before its Left is. It is too large to share a block with others.
type Right struct {
	generation uint64
	_          [3]uint64
}

// Left and its Right have one generation.
type Left struct {
	right      *Right
	generation uint64
}

// Node is one of a list; a List is published when it is whole.
type Node struct {
	next  *Node
	place int
}

// List says how many nodes it has.
type List struct {
	first *Node
	count int
}

// Each slot and list is written by one worker, and read by all.
var (
	lefts     [workers][slots]atomic.Value
	lists     [workers]atomic.Value
	sink      [workers]atomic.Value
	allocated uint64
	checks    uint64
	wrong     uint64
	stall     int64
)

func makeList() *List {
	list := &List{count: length}
	for i := 0; i < length; i++ {
		list.first = &Node{next: list.first, place: i}
	}
	return list
}

func pour(worker int) {
	for generation := uint64(1); ; generation++ {
		lefts[worker][generation%slots].Store(&Left{&Right{generation: generation}, generation})
		sink[worker].Store(make([]byte, waste))
		bytes := uint64(waste)
		if generation%64 == 0 {
			lists[worker].Store(makeList())
			bytes += length * 16
		}
		atomic.AddUint64(&allocated, bytes)
	}
}

func fill(worker int) {
	for slot := range lefts[worker] {
		lefts[worker][slot].Store(&Left{&Right{}, 0})
	}
	lists[worker].Store(makeList())
}

func check(good bool) {
	atomic.AddUint64(&checks, 1)
	if !good {
		atomic.AddUint64(&wrong, 1)
	}
}

func verify() {
	for worker := range lefts {
		for slot := range lefts[worker] {
			left := lefts[worker][slot].Load().(*Left)
			check(left.generation == left.right.generation)
		}
		list, count := lists[worker].Load().(*List), 0
		for node := list.first; node != nil; node = node.next {
			count++
			check(node.place == list.count-count)
		}
		check(count == list.count)
	}
}

func watch() {
	for last := time.Now(); ; {
		time.Sleep(time.Millisecond)
		now := time.Now()
		if gap := int64(now.Sub(last)); gap > atomic.LoadInt64(&stall) {
			atomic.StoreInt64(&stall, gap)
		}
		last = now
	}
}

func state([]string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"workers": workers, "slots": slots, "length": length,
		"allocated": atomic.LoadUint64(&allocated), "checks": atomic.LoadUint64(&checks),
		"wrong": atomic.LoadUint64(&wrong), "stall_ms": float64(atomic.SwapInt64(&stall, 0)) / 1e6,
	})
}

func main() {
	runtime.GOMAXPROCS(workers + 2)
	for worker := range lefts {
		fill(worker)
	}
	for worker := range lefts {
		go pour(worker)
	}
	go watch()
	go func() {
		for {
			verify()
			time.Sleep(time.Millisecond)
		}
	}()
	control.Serve("", control.Commands{"state": state})
}
