//go:build go1.21

// Objects are pinned while somebody who is not Go has their addresses, and will hand them back.
package main

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"corpus/lib"
)

type request struct {
	id   int
	done chan int
}

const entry = 64

var foreign []byte

func call(i int) {
	r := &request{i, make(chan int)}
	var pinner runtime.Pinner
	pinner.Pin(r)
	defer pinner.Unpin()
	*(*uint64)(unsafe.Pointer(&foreign[i*entry])) = uint64(uintptr(unsafe.Pointer(r)))
	fmt.Println(r.id, <-r.done)
}

func callBack(i int) {
	(*(**request)(unsafe.Pointer(&foreign[i*entry]))).done <- i
}

func main() {
	var err error
	foreign, err = syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	for i := 0; i < 20; i++ {
		go call(i)
	}
	lib.Wait()
	for i := 0; i < 20; i++ {
		callBack(i)
	}
}
