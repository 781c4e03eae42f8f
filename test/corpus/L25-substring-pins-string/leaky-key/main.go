// The keys of a map are parts of the pages that they were found on.
package main

import (
	"fmt"

	"corpus/lib"
)

type hit struct {
	count int
}

var hits = map[string]*hit{} // HOLDER L25

func page(number int) string {
	text := make([]byte, 200000)
	copy(text[1000:], fmt.Sprintf("title of page %05d", number))
	return string(text) // LEAK L25 count=60 bytes=60*204800 certainty=likely holder=main.hits
}

func index(number int) {
	text := page(number)
	hits[text[1000:1019]] = &hit{1}
}

func main() {
	for number := 0; number < 60; number++ {
		index(number)
	}
	lib.Wait()
	println(len(hits))
}
