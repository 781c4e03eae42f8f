// Embedded locks, in two orders, behind globals.
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
	history.Lock() // LEAK L15 count=2 certainty=likely atmost=likely
	defer history.Unlock()
	history.lines = append(history.lines, from+" "+to)
}

func replay() {
	history.Lock()
	defer history.Unlock()
	time.Sleep(50 * time.Millisecond)
	users.Lock() // LEAK L15
	defer users.Unlock()
	users.names["replayed"] = len(history.lines)
}

func main() {
	go rename("ann", "anna")
	go replay()
	lib.Wait()
	println(len(users.names), len(history.lines))
}
