// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

func init() {
	all = append(all,
		&restless{name: "cleanup", run: cleanup},
		&restless{name: "weak", run: revive})
}

func cleanup() {
	answer := make(chan int, 1)
	attach(answer)
	<-answer
}

//go:noinline
func attach(answer chan int) {
	one := &closer{}
	runtime.AddCleanup(one, func(answer chan int) { answer <- 1 }, answer)
}

// The waiter alone holds the object; who wakes it holds it weakly.
func revive() {
	one := &box{answer: make(chan int)}
	handle, end := weak.Make(one), make(chan bool)
	go func(one *box) {
		<-one.answer
		runtime.KeepAlive(one)
		close(end)
	}(one)
	one = nil
	for i := 0; i < 1000; i++ {
		spin(100)
		runtime.Gosched()
	}
	handle.Value().answer <- 1
	<-end
}
