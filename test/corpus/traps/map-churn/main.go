// Keys come and go; their number stays.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type session struct {
	since time.Time
	data  [500]byte
}

var (
	mu       sync.Mutex
	sessions = map[int]*session{}
)

func login(id int) {
	mu.Lock()
	defer mu.Unlock()
	sessions[id] = &session{since: time.Now()}
	delete(sessions, id-5000)
}

func main() {
	for id := 0; id < 10000; id++ {
		login(id)
	}
	go func() {
		for id := 10000; ; id++ {
			login(id)
			time.Sleep(time.Millisecond)
		}
	}()
	lib.Wait()
}
