// Readers that take their time, a writer that waits for them, and readers behind it: all will go on.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type site struct {
	mu    sync.RWMutex
	pages map[string]string
}

func (s *site) send(path string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	time.Sleep(time.Minute)
	return len(s.pages[path])
}

func (s *site) publish(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = "text"
}

func open() {
	s := &site{pages: map[string]string{}}
	for i := 0; i < 5; i++ {
		go s.send("/")
	}
	time.Sleep(10 * time.Millisecond)
	go s.publish("/")
	time.Sleep(10 * time.Millisecond)
	for i := 0; i < 5; i++ {
		go s.send("/")
	}
}

func main() {
	open()
	lib.Wait()
}
