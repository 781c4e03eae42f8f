//go:build go1.24

// The weak pointer is to the channel's variable, kept by a timer.
package main

import (
	"time"
	"weak"

	"corpus/lib"
)

func wait(signal *chan int) {
	value := <-*signal
	*signal = nil
	println(value)
}

func start() {
	signal := new(chan int)
	*signal = make(chan int)
	go wait(signal)
	handle := weak.Make(signal)
	time.AfterFunc(time.Hour, func() {
		if alive := handle.Value(); alive != nil {
			*alive <- 1
		}
	})
}

func main() {
	for i := 0; i < 50; i++ {
		start()
	}
	lib.Wait()
}
