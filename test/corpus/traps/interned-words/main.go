// Every word of a large text is wanted, so the text is in use as a whole.
package main

import (
	"fmt"
	"strings"

	"corpus/lib"
)

var words []string

func load() string {
	var text strings.Builder
	for i := 0; i < 100000; i++ {
		fmt.Fprintf(&text, "word%d ", i)
	}
	return text.String()
}

func main() {
	words = strings.Fields(load())
	lib.Wait()
	println(len(words))
}
