// A file was split into lines and fields; all of them are wanted.
package main

import (
	"fmt"
	"strings"

	"corpus/lib"
)

type row struct {
	name, city, code string
}

var rows []row

func parse(text string) {
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Split(line, ";")
		if len(fields) == 3 {
			rows = append(rows, row{fields[0], fields[1], fields[2]})
		}
	}
}

func main() {
	var text strings.Builder
	for i := 0; i < 30000; i++ {
		fmt.Fprintf(&text, "name%d;city%d;%08d\n", i, i%100, i)
	}
	parse(text.String())
	lib.Wait()
	println(len(rows))
}
