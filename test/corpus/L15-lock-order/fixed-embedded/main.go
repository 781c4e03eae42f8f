// The users first.
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type registry struct {
	sync.Mutex
	names map[string]int
}

type journal struct {
	sync.Mutex
	lines []string
}

var (
	users   = registry{names: map[string]int{}}
	history journal
)

func rename(from, to string) {
	users.Lock()
	defer users.Unlock()
	users.names[to] = users.names[from]
	time.Sleep(50 * time.Millisecond)
	history.Lock()
	defer history.Unlock()
	history.lines = append(history.lines, from+" "+to)
}

func replay() {
	users.Lock()
	defer users.Unlock()
	time.Sleep(50 * time.Millisecond)
	history.Lock()
	defer history.Unlock()
	users.names["replayed"] = len(history.lines)
}

func main() {
	go rename("ann", "anna")
	go replay()
	lib.Wait()
	println(len(users.names), len(history.lines))
}
