// Who logs in again after a while takes the place of somebody who left.
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
	sessions = map[string]*session{}
)

func login(user string) {
	s := &session{user, time.Now(), make([]byte, 4096)}
	lock.Lock()
	defer lock.Unlock()
	for old := range sessions {
		if len(sessions) < 1000 {
			break
		}
		delete(sessions, old)
	}
	sessions[user] = s
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
