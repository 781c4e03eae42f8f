// strings.Clone copies them.
package main

import (
	"fmt"
	"strings"

	"corpus/lib"
)

var names []string

func read(number int) string {
	return strings.Repeat(fmt.Sprintf("%07d,", number), 16384)
}

func main() {
	lib.Profiled()
	for number := 0; number < 100; number++ {
		text := read(number)
		names = append(names, strings.Clone(text[:strings.IndexByte(text, ',')]))
	}
	lib.Wait()
	println(len(names))
}
