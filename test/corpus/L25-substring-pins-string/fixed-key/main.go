// Copied.
package main

import (
	"fmt"
	"strings"

	"corpus/lib"
)

type hit struct {
	count int
}

var hits = map[string]*hit{}

func page(number int) string {
	text := make([]byte, 200000)
	copy(text[1000:], fmt.Sprintf("title of page %05d", number))
	return string(text)
}

func index(number int) {
	text := page(number)
	hits[strings.Clone(text[1000:1019])] = &hit{1}
}

func main() {
	for number := 0; number < 60; number++ {
		index(number)
	}
	lib.Wait()
	println(len(hits))
}
