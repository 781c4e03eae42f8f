// SPDX-License-Identifier: Apache-2.0

// A program that does nothing useful, but makes the linker keep every type
// whose layout dowse wants to know: debug information describes only what
// reachable code uses. Files with build constraints add what newer releases have.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var newer []func() // what the other files add

type node struct {
	next *node
	data [32]byte
}

var (
	mutex     sync.Mutex
	readWrite sync.RWMutex
	group     sync.WaitGroup
	condition = sync.NewCond(&mutex)
	once      sync.Once
	table     sync.Map
	pool      = sync.Pool{New: func() any { return new(node) }}
	value     atomic.Value
	counter   atomic.Int64
	word      atomic.Uint32
	flag      atomic.Bool
	number    atomic.Uint64
)

func synchronise() {
	mutex.Lock()
	condition.Broadcast()
	condition.Signal()
	mutex.Unlock()
	readWrite.RLock()
	readWrite.RUnlock()
	readWrite.Lock()
	readWrite.Unlock()
	group.Add(1)
	go func() { defer group.Done(); mutex.Lock(); condition.Wait() }()
	once.Do(func() {})
	table.Store("a", 1)
	table.LoadOrStore("b", 2)
	table.Range(func(k, v any) bool { return true })
	table.Delete("a")
	pool.Put(pool.Get())
	value.Store(1)
	counter.Add(1)
	word.Store(1)
	flag.Store(true)
	number.Store(2)
}

func timers(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, time.Second)
	defer cancel()
	ctx = context.WithValue(ctx, "key", "value")
	ticker := time.NewTicker(time.Second)
	timer := time.AfterFunc(time.Second, func() {})
	timer.Reset(time.Second)
	select {
	case <-ticker.C:
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
	}
	ticker.Stop()
	timer.Stop()
	fmt.Fprintln(io.Discard, time.Now().In(time.Local), ctx.Err(), ctx.Value("key"))
}

func network() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err == nil {
		connection.SetDeadline(time.Now())
		connection.Close()
	}
	listener.Close()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err == nil {
		packets.Close()
	}
	unix, err := net.Listen("unix", "@layouts")
	if err == nil {
		unix.Close()
	}
}

func files() {
	file, err := os.Open("/dev/null")
	if err == nil {
		reader := bufio.NewReader(file)
		reader.ReadByte()
		scanner := bufio.NewScanner(file)
		scanner.Scan()
		file.Readdir(1)
		file.Close()
	}
	writer := bufio.NewWriter(os.Stdout)
	writer.Flush()
	var buffer bytes.Buffer
	buffer.WriteString("x")
	var builder strings.Builder
	builder.WriteString("x")
	strings.NewReader("x").ReadByte()
}

func memory() {
	object := new(node)
	runtime.SetFinalizer(object, func(*node) {})
	runtime.KeepAlive(object)
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(1 << 40)
	debug.SetMaxStack(1 << 30)
	debug.FreeOSMemory()
	var statistics runtime.MemStats
	runtime.ReadMemStats(&statistics)
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	maps := map[string]*node{"x": object}
	for key, value := range maps {
		fmt.Fprintln(io.Discard, key, value)
	}
	delete(maps, "x")
}

func reflection() {
	kind := reflect.TypeOf(map[string][]int{})
	fmt.Fprintln(io.Discard, kind.Key(), kind.Elem(), reflect.ValueOf(io.EOF).Method(0))
	made := reflect.MakeFunc(reflect.TypeOf(func() {}), func([]reflect.Value) []reflect.Value { return nil })
	made.Call(nil)
	iterator := reflect.MakeMap(kind).MapRange()
	iterator.Next()
	reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectDefault}})
	fmt.Fprintln(io.Discard, reflect.StructOf(nil), reflect.ChanOf(reflect.BothDir, kind))
}

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer func() { recover() }()
	synchronise()
	timers(context.Background())
	network()
	files()
	memory()
	reflection()
	for _, name := range []string{"goroutine", "heap", "block", "mutex", "threadcreate"} {
		pprof.Lookup(name).WriteTo(io.Discard, 1)
	}
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	for _, more := range newer {
		more()
	}
	runtime.LockOSThread()
	runtime.Stack(make([]byte, 100), true)
	callers := runtime.CallersFrames(make([]uintptr, 1))
	callers.Next()
	panic(signals)
}
