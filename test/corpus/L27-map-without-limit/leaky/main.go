// Sessions are put into a map, and never deleted.
package main

import (
	"fmt"
	"sync"
	"time"

	"corpus/lib"
)

type session struct {
	user string
	seen time.Time
	data []byte
}

var (
	lock     sync.Mutex
	sessions = map[string]*session{} // HOLDER L27
)

func login(user string) {
	s := &session{user, time.Now(), make([]byte, 4096)} // LEAK L27 count=1500+ bytes=1500*4096+ certainty=likely over=3s holder=main.sessions
	lock.Lock()
	defer lock.Unlock()
	sessions[user] = s // LEAK L27
}

func main() {
	lib.Profiled()
	for i := 0; i < 1500; i++ {
		login(fmt.Sprint("user ", i))
	}
	go func() {
		for i := 0; ; i++ {
			time.Sleep(20 * time.Millisecond)
			login(fmt.Sprint("guest ", i))
		}
	}()
	lib.Wait()
}
