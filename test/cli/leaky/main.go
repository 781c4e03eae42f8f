// SPDX-License-Identifier: Apache-2.0

// Command leaky starts as many goroutines of each kind as its arguments say, in words like
// nil=40, and then says "ready".
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

var updates chan int

// Held by globals, so that somebody could still use them.
var (
	jobs  = make(chan int, 3)
	mutex sync.Mutex
)

func receiveNil() { <-updates }

func sendNil() { updates <- 1 }

func empty() { select {} }

func send(results chan<- int) { results <- 1 }

func work(jobs <-chan int) {
	for range jobs {
	}
}

func lock(mutex *sync.Mutex) { mutex.Lock() }

func accept(listener net.Listener) { listener.Accept() }

func sleep() { time.Sleep(time.Hour) }

func deep(n int, wait chan int) {
	if n > 0 {
		deep(n-1, wait)
	}
	<-wait
}

func main() {
	mutex.Lock()
	defer mutex.Unlock()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	starters := map[string]func(){
		"nil":     func() { go receiveNil() },
		"sendnil": func() { go sendNil() },
		"empty":   func() { go empty() },
		"send":    func() { go send(make(chan int)) },
		"pool":    func() { go work(jobs) },
		"mutex":   func() { go lock(&mutex) },
		"accept":  func() { go accept(listener) },
		"sleep":   func() { go sleep() },
		"deep":    func() { go deep(150, make(chan int)) },
	}
	for _, argument := range os.Args[1:] {
		words := strings.SplitN(argument, "=", 2)
		count, err := strconv.Atoi(words[1])
		if err != nil {
			panic(err)
		}
		for i := 0; i < count; i++ {
			starters[words[0]]()
		}
	}
	for i := 0; i < 20; i++ {
		runtime.Gosched()
		time.Sleep(5 * time.Millisecond)
	}
	// The first collection notes who waits, with the start of the one before it.
	runtime.GC()
	runtime.GC()
	fmt.Println("ready")
	// Ends by itself, should nobody end it.
	time.Sleep(10 * time.Minute)
}
