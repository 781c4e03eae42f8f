// One request locks the settings twice, and all after it wait behind it.
//
// corpus: also=L12
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type settings struct {
	mu     sync.Mutex
	values map[string]string
}

var global = &settings{values: map[string]string{}}

func (s *settings) get(name string) string {
	s.mu.Lock() // LEAK L13 count=1|16 certainty=likely atmost=likely
	defer s.mu.Unlock()
	return s.values[name]
}

func (s *settings) setDefault(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.get(name) == "" {
		s.values[name] = value
	}
}

func main() {
	go global.setDefault("colour", "red")
	time.Sleep(50 * time.Millisecond)
	for i := 0; i < 15; i++ {
		go func() { global.get("colour") }()
	}
	lib.Wait()
	println(len(global.values))
}
