// Copied.
package main

import (
	"fmt"

	"corpus/lib"
)

type entry struct {
	name string
	blob []byte
}

type window struct {
	entries []*entry
}

var windows []window

func open(number int) window {
	all := make([]*entry, 40)
	for i := range all {
		all[i] = &entry{fmt.Sprint(number, "/", i), make([]byte, 8192)}
	}
	return window{append([]*entry(nil), all[1:3]...)}
}

func main() {
	for number := 0; number < 40; number++ {
		windows = append(windows, open(number))
	}
	lib.Wait()
	println(len(windows[0].entries))
}
