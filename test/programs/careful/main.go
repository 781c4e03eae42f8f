// SPDX-License-Identifier: Apache-2.0

// Careful has much of what leaks are made of, and none: pools of large pages, tickers that are
// stopped with their shards, contexts of requests that are going on, files and connections that are
// needed, finalizers on rings that are taken apart.
package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// --- pools: uniform large buffers, many normal ones
var pages = sync.Pool{New: func() any { b := make([]byte, 1<<20); return &b }}
var small = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func pools() {
	for {
		var a [20]*[]byte
		for i := range a {
			a[i] = pages.Get().(*[]byte)
		}
		for i := range a {
			pages.Put(a[i])
		}
		var b [2000]*bytes.Buffer
		for i := range b {
			b[i] = small.Get().(*bytes.Buffer)
			b[i].Reset()
			b[i].Grow(8192)
		}
		for i := range b {
			small.Put(b[i])
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// --- timers
type shard struct {
	mu   sync.Mutex
	m    map[string]int
	t    *time.Ticker
	stop chan struct{}
}

var shards []*shard

func (s *shard) loop() {
	for {
		select {
		case <-s.t.C:
			s.mu.Lock()
			s.mu.Unlock()
		case <-s.stop:
			return
		}
	}
}

func timers() {
	for i := 0; i < 64; i++ {
		s := &shard{m: map[string]int{}, t: time.NewTicker(50 * time.Millisecond), stop: make(chan struct{})}
		shards = append(shards, s)
		go s.loop()
	}
	for i := 0; i < 3000; i++ {
		time.AfterFunc(20*time.Second, func() {})
	}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
		}
	}()
	for i := 0; i < 300; i++ {
		go func() {
			for {
				select {
				case <-time.After(5 * time.Second):
				}
			}
		}()
	}
}

// --- contexts of requests that are going on
func requests(base context.Context) {
	for i := 0; i < 500; i++ {
		go func() {
			ctx, cancel := context.WithCancel(base)
			defer cancel()
			<-ctx.Done()
		}()
		go func() {
			ctx, cancel := context.WithTimeout(base, time.Hour)
			defer cancel()
			ctx = context.WithValue(ctx, "k", 1)
			sub, c2 := context.WithCancel(ctx)
			defer c2()
			<-sub.Done()
		}()
	}
}

type sessions struct {
	list []context.CancelFunc
}

var kept sessions

func keep(base context.Context) {
	for i := 0; i < 300; i++ {
		_, c := context.WithCancel(base)
		kept.list = append(kept.list, c)
	}
}

// --- files: a store with many segments
var segments []*os.File

func store() {
	d, _ := os.MkdirTemp("", "seg")
	for i := 0; i < 90; i++ {
		f, err := os.Create(filepath.Join(d, fmt.Sprint("seg", i)))
		if err != nil {
			panic(err)
		}
		segments = append(segments, f)
	}
	os.RemoveAll(d)
}

// --- streams: answers that are being read slowly, idle keep-alive connections
func web() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			w.Write([]byte("hello\n"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		w.Write([]byte("ok"))
	}))
	tr := &http.Transport{MaxIdleConnsPerHost: 100}
	c := &http.Client{Transport: tr}
	for i := 0; i < 40; i++ {
		go func() {
			a, err := c.Get(s.URL + "/slow")
			if err != nil {
				return
			}
			defer a.Body.Close()
			b := bufio.NewReader(a.Body)
			for {
				if _, err := b.ReadString('\n'); err != nil {
					return
				}
			}
		}()
	}
	var wg sync.WaitGroup
	for i := 0; i < 40; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a, err := c.Get(s.URL + "/x")
			if err != nil {
				return
			}
			io.Copy(io.Discard, a.Body)
			a.Body.Close()
		}()
	}
	wg.Wait()
}

var idle struct {
	sync.Mutex
	conns []net.Conn
}

func echo() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	for i := 0; i < 60; i++ {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			panic(err)
		}
		idle.conns = append(idle.conns, c)
	}
}

// --- database
type fake struct{}
type connection struct{}
type statement struct{}
type rows struct{ left int }

func (fake) Open(string) (driver.Conn, error)                 { return &connection{}, nil }
func (*connection) Prepare(string) (driver.Stmt, error)       { return &statement{}, nil }
func (*connection) Close() error                              { return nil }
func (*connection) Begin() (driver.Tx, error)                 { return tx{}, nil }
func (*statement) Close() error                               { return nil }
func (*statement) NumInput() int                              { return 0 }
func (*statement) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("no") }
func (*statement) Query([]driver.Value) (driver.Rows, error)  { return &rows{left: 10}, nil }
func (*rows) Columns() []string                               { return []string{"id"} }
func (*rows) Close() error                                    { return nil }
func (r *rows) Next(into []driver.Value) error {
	if r.left--; r.left < 0 {
		return io.EOF
	}
	into[0] = int64(r.left)
	return nil
}

type tx struct{}

func (tx) Commit() error   { return nil }
func (tx) Rollback() error { return nil }

var db *sql.DB

func database(ctx context.Context) {
	sql.Register("fake", fake{})
	db, _ = sql.Open("fake", "")
	db.SetMaxIdleConns(50)
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r, err := db.QueryContext(ctx, "q")
			if err != nil {
				panic(err)
			}
			time.Sleep(10 * time.Millisecond)
			for r.Next() {
			}
			r.Close()
		}()
	}
	wg.Wait()
	for i := 0; i < 20; i++ { // in use
		go func() {
			r, err := db.QueryContext(ctx, "q")
			if err != nil {
				panic(err)
			}
			defer r.Close()
			r.Next()
			<-ctx.Done()
		}()
	}
}

// --- finalizers
type handle struct {
	next *handle
	data []byte
}

var ring *handle

func finalizers() {
	for i := 0; i < 50; i++ {
		a, b := &handle{data: make([]byte, 1000)}, &handle{}
		a.next, b.next = b, a
		runtime.SetFinalizer(a, func(h *handle) { h.data = nil })
		if ring == nil {
			ring = a
		}
		a.next = nil // taken apart
		if i == 0 {
			a.next = b // held by a global
		}
	}
}

func walk(depth int, done chan struct{}) {
	var pad [2000]byte
	pad[depth%2000]++
	if depth == 0 {
		<-done
		return
	}
	defer func() { pad[0]++ }()
	walk(depth-1, done)
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go pools()
	timers()
	requests(ctx)
	keep(ctx)
	store()
	web()
	echo()
	database(ctx)
	finalizers()
	go walk(1000, done)
	for i := 0; i < 3; i++ {
		time.Sleep(200 * time.Millisecond)
		runtime.GC()
	}
	fmt.Printf("ready pid=%d go=%s\n", os.Getpid(), runtime.Version())
	time.Sleep(time.Hour)
	stop()
	close(done)
	println(len(segments), len(idle.conns), len(kept.list), ring)
}
