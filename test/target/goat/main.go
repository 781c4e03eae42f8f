// SPDX-License-Identifier: Apache-2.0

// goat is a Go program that is hard at work and knows at any time whether something was done to
// it: it makes 5,000 goroutines a second, collects garbage, keeps sums over what it holds, talks to
// itself over TCP, runs children, and measures how late its clock ticks. A line on standard input
// is answered with a line of what it has seen.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	ticks    int64
	latest   int64 // the longest gap between two ticks, ns, since it was asked for last
	born     int64
	echoes   int64
	children int64
	rounds   int64
	faults   int64
	why      atomic.Value
)

func fault(format string, arguments ...interface{}) {
	atomic.AddInt64(&faults, 1)
	why.Store(fmt.Sprintf(format, arguments...))
}

func tick() {
	before := time.Now()
	for {
		time.Sleep(100 * time.Microsecond)
		now := time.Now()
		gap := int64(now.Sub(before))
		before = now
		for {
			old := atomic.LoadInt64(&latest)
			if gap <= old || atomic.CompareAndSwapInt64(&latest, old, gap) {
				break
			}
		}
		atomic.AddInt64(&ticks, 1)
	}
}

// 5,000 goroutines a second, a hundred at a time.
func births() {
	for range time.Tick(20 * time.Millisecond) {
		var group sync.WaitGroup
		for i := 0; i < 100; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				atomic.AddInt64(&born, 1)
				deep(i % 20)
			}()
		}
		group.Wait()
	}
}

//go:noinline
func deep(n int) int {
	var space [256]byte
	space[n] = byte(n)
	if n == 0 {
		return int(space[0])
	}
	return deep(n-1) + int(space[n])
}

type node struct {
	next  *node
	value uint64
	check uint64
}

// A heap that lives and dies, with a sum in each object, and floating point that must come out
// the same each time.
func sums() {
	var first float64
	for {
		var head *node
		for i := uint64(0); i < 20000; i++ {
			head = &node{next: head, value: i, check: i * 0x9e3779b97f4a7c15}
		}
		sum := 0.0
		for n := head; n != nil; n = n.next {
			if n.check != n.value*0x9e3779b97f4a7c15 {
				fault("an object changed")
			}
			sum = sum*1.0000001 + float64(n.value)/3
		}
		if first == 0 {
			first = sum
		}
		if sum != first {
			fault("a sum changed: %v, %v", sum, first)
		}
		atomic.AddInt64(&rounds, 1)
	}
}

func echo(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fault("accept: %v", err)
			return
		}
		go func() {
			io.Copy(connection, connection)
			connection.Close()
		}()
	}
}

func talk(address string) {
	for {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			fault("dial: %v", err)
			return
		}
		buffer := make([]byte, 1000)
		for i := 0; i < 200; i++ {
			sent := buffer[:1+i*5%999]
			sent[0] = byte(i)
			if _, err := connection.Write(sent); err != nil {
				fault("write: %v", err)
			}
			if _, err := io.ReadFull(connection, sent); err != nil || sent[0] != byte(i) {
				fault("read: %v", err)
			}
			atomic.AddInt64(&echoes, 1)
			time.Sleep(100 * time.Microsecond)
		}
		connection.Close()
	}
}

func run() {
	for {
		command := exec.Command("/bin/sh", "-c", "exit 3")
		err := command.Run()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 3 {
			fault("child: %v", err)
		}
		atomic.AddInt64(&children, 1)
		time.Sleep(50 * time.Millisecond)
	}
}

// A read in the kernel that must not be disturbed.
func block() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		fault("pipe: %v", err)
	}
	n, err := syscall.Read(ends[0], make([]byte, 1))
	fault("a read that cannot end has ended: %v, %v", n, err)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	why.Store("")
	go tick()
	go births()
	go sums()
	go echo(listener)
	go talk(listener.Addr().String())
	go run()
	go block()
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		fmt.Printf("%s ticks=%d gap=%d born=%d echoes=%d children=%d rounds=%d faults=%d %v\n",
			runtime.Version(), atomic.LoadInt64(&ticks), atomic.SwapInt64(&latest, 0),
			atomic.LoadInt64(&born), atomic.LoadInt64(&echoes), atomic.LoadInt64(&children),
			atomic.LoadInt64(&rounds), atomic.LoadInt64(&faults), why.Load())
	}
}
