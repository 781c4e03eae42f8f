// A reader that finds nothing forgets to unlock; writers wait for it for ever.
package main

import (
	"sync"

	"corpus/lib"
)

type index struct {
	mu    sync.RWMutex
	words map[string][]int
	text  []byte
}

func (x *index) find(word string) []int {
	x.mu.RLock()
	pages, known := x.words[word]
	if !known {
		return nil
	}
	x.mu.RUnlock()
	return pages
}

func (x *index) add(word string, page int) {
	x.mu.Lock() // LEAK L12 count=24 bytes=@measured certainty=proved accused=nobody
	defer x.mu.Unlock()
	x.words[word] = append(x.words[word], page)
}

func library() {
	x := &index{words: map[string][]int{}, text: make([]byte, 524288)}
	x.add("leak", 1)
	x.find("leak")
	x.find("nothing")
	for page := 0; page < 4; page++ {
		go x.add("leak", page)
	}
}

func main() {
	for i := 0; i < 6; i++ {
		library()
	}
	lib.Wait()
}
