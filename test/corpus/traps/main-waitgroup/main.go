// Main waits for servers that never end.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type server struct {
	mu    sync.Mutex
	beats int
}

func (s *server) run() {
	for {
		time.Sleep(50 * time.Millisecond)
		s.mu.Lock()
		s.beats++
		s.mu.Unlock()
	}
}

func main() {
	var servers sync.WaitGroup
	for i := 0; i < 3; i++ {
		servers.Add(1)
		go func() {
			defer servers.Done()
			new(server).run()
		}()
	}
	lib.Background()
	servers.Wait()
}
