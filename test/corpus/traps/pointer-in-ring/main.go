// Requests are with the kernel, or with another process: all that leads to them is a number in a ring of
// shared memory, which comes back when they are done. Meanwhile each goroutine waits for its own.
//
// A file that has no shared memory in it proves nothing, and says `likely`.
// corpus: ways=live
package main

import (
	"fmt"
	"syscall"
	"unsafe"

	"corpus/lib"
)

type request struct {
	id   int
	sum  int
	done chan int
}

const entry = 64

var ring []byte

func submit(i int) {
	r := &request{id: i, done: make(chan int)}
	*(*uint64)(unsafe.Pointer(&ring[i*entry+32])) = uint64(uintptr(unsafe.Pointer(r)))
	go func() {
		r.sum += <-r.done
		fmt.Println(r.id, r.sum)
	}()
}

func reap(i int) {
	(*(**request)(unsafe.Pointer(&ring[i*entry+32]))).done <- i
}

func main() {
	var err error
	ring, err = syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_SHARED|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	for i := 0; i < 20; i++ {
		submit(i)
	}
	lib.Wait()
	for i := 0; i < 20; i++ {
		reap(i)
	}
}
