// Serves net/http/pprof on a port that it prints, with goroutines and memory to be found.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"time"
)

var shelf [][]byte

func fill() {
	shelf = append(shelf, make([]byte, 4<<20))
}

func leak() {
	never := make(chan int)
	go func() { <-never }()
}

func main() {
	runtime.MemProfileRate = 1 << 10
	for i := 0; i < 30; i++ {
		leak()
	}
	for i := 0; i < 4; i++ {
		fill()
	}
	runtime.GC()
	runtime.GC()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			fill()
			runtime.GC()
			time.Sleep(100 * time.Millisecond)
			if len(shelf) > 40 {
				shelf = shelf[:0]
			}
		}
	}()
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, nil))
}
