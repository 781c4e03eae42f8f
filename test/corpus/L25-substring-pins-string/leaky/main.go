// Names are cut out of long texts.
package main

import (
	"fmt"
	"strings"

	"corpus/lib"
)

var names []string // HOLDER L25

func read(number int) string {
	return strings.Repeat(fmt.Sprintf("%07d,", number), 16384) // LEAK L25 count=100 bytes=100*131072 certainty=likely holder=main.names
}

func main() {
	lib.Profiled()
	for number := 0; number < 100; number++ {
		text := read(number)
		names = append(names, text[:strings.IndexByte(text, ',')])
	}
	lib.Wait()
	println(len(names))
}
