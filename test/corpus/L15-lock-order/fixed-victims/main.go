// The engine first.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type engine struct {
	mu    sync.Mutex
	speed int
	log   []byte
}

type brake struct {
	mu   sync.Mutex
	on   bool
	wear []byte
}

func accelerate(e *engine, b *brake) {
	e.mu.Lock()
	defer e.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, e.speed = false, e.speed+1
}

func stop(e *engine, b *brake) {
	e.mu.Lock()
	defer e.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, e.speed = true, 0
}

func display(e *engine) int {
	time.Sleep(100 * time.Millisecond)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speed
}

func drive() {
	e, b := &engine{log: make([]byte, 1<<20)}, &brake{wear: make([]byte, 1<<20)}
	go accelerate(e, b)
	go stop(e, b)
	for i := 0; i < 10; i++ {
		go display(e)
	}
}

func main() {
	drive()
	lib.Wait()
}
