// One entry in the middle of a list is looked at, with a capacity that hides the rest.
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
	entries []*entry // HOLDER L22
}

var windows []window

func open(number int) window {
	all := make([]*entry, 40)
	for i := range all {
		all[i] = &entry{fmt.Sprint(number, "/", i), make([]byte, 8192)} // LEAK L22 count=40|1520 bytes=40*38*8240 certainty=likely holder=main.windows
	}
	return window{all[1:3:3]}
}

func main() {
	for number := 0; number < 40; number++ {
		windows = append(windows, open(number))
	}
	lib.Wait()
	println(len(windows[0].entries))
}
