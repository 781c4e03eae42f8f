// SPDX-License-Identifier: Apache-2.0

// Larder holds what it is told to: sessions of tenants, from a few places in its source; slices, maps
// and channels that are mostly empty. It knows how much of each, and what its own heap profile says.
//
// Commands: `grow N` and `drop N` sessions; `truth` tells
// what there is; `profile` collects and tells the runtime's own records; `live` collects.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"strconv"

	"programs/control"
)

// A Session belongs to a tenant.
type Session struct {
	tenant string
	inner  struct {
		shard int32
		tiny  int8
	}
	vip  bool
	buf  []byte
	next *Session
}

// A Shelf is a tenth full.
type Shelf struct {
	items []uint64
	notes []*int
}

// A Job waits in a queue.
type Job struct {
	number [4]uint64
}

var (
	sessions = map[int]*Session{}
	shelves  []*Shelf
	ledger   = map[int]uint64{}
	words    = map[string]string{}
	queue    = make(chan Job, 1000)
	tail     = make([]uint32, 3, 5000)
)

var tenants = []string{"alpha", "beta", "beta", "gamma", "gamma", "gamma"}

//go:noinline
func newSession(i int) *Session {
	s := &Session{tenant: tenants[i%len(tenants)], vip: i%10 == 0}
	s.inner.shard = int32(i%7) - 3
	s.inner.tiny = -1
	return s
}

//go:noinline
func fillSession(s *Session, i int) {
	// Of each tenant's own size.
	s.buf = make([]byte, 1024<<(len(s.tenant)%3))
}

func grow(words []string) ([]byte, error) {
	n, err := number(words)
	for i := 0; i < n; i++ {
		k := len(sessions)
		s := newSession(k)
		fillSession(s, k)
		sessions[k] = s
	}
	return nil, err
}

func drop(words []string) ([]byte, error) {
	n, err := number(words)
	for i := 0; i < n; i++ {
		delete(sessions, len(sessions)-1)
	}
	runtime.GC()
	return nil, err
}

func number(words []string) (int, error) {
	if len(words) != 1 {
		return 0, fmt.Errorf("how many?")
	}
	return strconv.Atoi(words[0])
}

func fill() {
	for i := 0; i < 50; i++ {
		shelves = append(shelves, &Shelf{items: make([]uint64, 100, 1000), notes: make([]*int, 1, 64)})
	}
	for i := 0; i < 20000; i++ {
		ledger[i] = 1
	}
	for i := 1000; i < 20000; i++ {
		delete(ledger, i)
	}
	for i := 0; i < 300; i++ {
		words[strconv.Itoa(i)] = "x"
	}
	for i := 0; i < 10; i++ {
		queue <- Job{}
	}
}

// A Sum is what a group of sessions has.
type Sum struct {
	Count int
	Bytes int // of their buffers
}

func truth([]string) ([]byte, error) {
	answer := map[string]map[string]*Sum{"tenant": {}, "shard": {}, "vip": {}}
	for _, s := range sessions {
		for field, value := range map[string]string{
			"tenant": s.tenant, "shard": fmt.Sprint(s.inner.shard), "vip": fmt.Sprint(s.vip),
		} {
			sum := answer[field][value]
			if sum == nil {
				sum = &Sum{}
				answer[field][value] = sum
			}
			sum.Count++
			sum.Bytes += cap(s.buf)
		}
	}
	return json.Marshal(answer)
}

// A Record is one of the runtime's profile, innermost function first.
type Record struct {
	Objects, Bytes int64
	Stack          []string
}

func profile([]string) ([]byte, error) {
	// What a record says is in use is known two collections later.
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 100000)
	n, ok := runtime.MemProfile(records, true)
	if !ok {
		return nil, fmt.Errorf("%d records", n)
	}
	answer := struct {
		Rate    int
		Records []Record
	}{Rate: runtime.MemProfileRate}
	for _, r := range records[:n] {
		record := Record{Objects: r.InUseObjects(), Bytes: r.InUseBytes()}
		if record.Bytes == 0 {
			continue
		}
		frames := runtime.CallersFrames(r.Stack())
		for {
			frame, more := frames.Next()
			record.Stack = append(record.Stack, fmt.Sprintf("%s:%d", frame.Function, frame.Line))
			if !more {
				break
			}
		}
		answer.Records = append(answer.Records, record)
	}
	return json.Marshal(answer)
}

func main() {
	rate := flag.Int("rate", 512<<10, "bytes between two samples")
	flag.Parse()
	runtime.MemProfileRate = *rate
	fill()
	control.Serve("", control.Commands{
		"grow": grow, "drop": drop, "truth": truth, "profile": profile,
		"live": func([]string) ([]byte, error) { return control.Live(func() {}), nil },
	})
	runtime.KeepAlive(tail)
}
