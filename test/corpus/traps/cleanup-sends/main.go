//go:build go1.24

// When the handle goes a cleanup tells its guard; the handle is still in use.
package main

import (
	"fmt"
	"runtime"

	"corpus/lib"
)

type handle struct {
	name string
	data [4096]byte
}

func guard(name string, gone <-chan string) {
	println("closed", name, <-gone)
}

func open(name string) *handle {
	h := &handle{name: name}
	gone := make(chan string, 1)
	go guard(name, gone)
	runtime.AddCleanup(h, func(name string) { gone <- name }, name)
	return h
}

func main() {
	var handles []*handle
	for i := 0; i < 30; i++ {
		handles = append(handles, open(fmt.Sprint("handle ", i)))
	}
	lib.Wait()
	println(len(handles))
}
