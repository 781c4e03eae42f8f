// SPDX-License-Identifier: Apache-2.0

// Careless lets go of what it should have closed, stopped or taken apart, in ways that a corpus of
// one leak a program does not have. What it says of itself is what the test goes by.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"time"
)

//go:noinline
func size(path string) int64 {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	info, err := file.Stat()
	if err != nil {
		panic(err)
	}
	return info.Size()
}

//go:noinline
func greet(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	conn.Write([]byte("hello"))
}

func serve() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var buffer [16]byte
				for {
					if _, err := conn.Read(buffer[:]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// In one call, and in as many calls as there are rounds.
func piles(rounds int, done chan struct{}) {
	for i := 0; i < rounds; i++ {
		defer func() { _ = rounds }()
	}
	<-done
}

func descends(rounds int, done chan struct{}) {
	if rounds == 0 {
		<-done
		return
	}
	for i := 0; i < 1; i++ {
		defer func() { _ = rounds }()
	}
	descends(rounds-1, done)
}

type part struct {
	whole *part
	data  []byte
	name  string
}

var kept []*part

// Two rings that lead to one another; one that the program still has; one that a finalizer that is
// still to run leads to.
//
//go:noinline
func rings() {
	for i := 0; i < 30; i++ {
		a, b := &part{data: make([]byte, 1000)}, &part{data: make([]byte, 2000)}
		a.whole, b.whole = b, a
		runtime.SetFinalizer(a, func(p *part) { p.name = "a" })
		runtime.SetFinalizer(b, func(p *part) { p.name = "b" })
	}
	for i := 0; i < 20; i++ {
		a := &keptPart{}
		a.self = a
		runtime.SetFinalizer(a, func(*keptPart) {})
		keptParts = append(keptParts, a)
	}
}

type keptPart struct{ self *keptPart }

var keptParts []*keptPart

//go:noinline
func waits() bool {
	late := time.After(2 * time.Hour)
	select {
	case <-late:
		return false
	default:
		return true
	}
}

func main() {
	done := make(chan struct{})
	address := serve()
	go piles(500, done)
	go piles(70, done)
	go descends(500, done)
	rings()
	for i := 0; i < 250; i++ {
		waits()
	}
	weak()
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	for i := 0; i < 120; i++ {
		size("/proc/self/status")
	}
	for i := 0; i < 60; i++ {
		greet(address)
	}
	fmt.Printf("ready pid=%d go=%s\n", os.Getpid(), runtime.Version())
	time.Sleep(time.Hour)
	close(done)
	runtime.KeepAlive(kept)
	runtime.KeepAlive(keptParts)
}
