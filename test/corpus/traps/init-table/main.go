// A big table is built once, and read by parts of it.
package main

import (
	"fmt"

	"corpus/lib"
)

var (
	table = build(1 << 20)
	index = map[string][]byte{}
)

func build(size int) []byte {
	t := make([]byte, size)
	for i := range t {
		t[i] = byte('a' + i%26)
	}
	return t
}

func init() {
	for i := 0; i < 200; i++ {
		index[fmt.Sprint("row ", i)] = table[i*64 : i*64+64]
	}
}

func main() {
	lib.Wait()
	println(len(index), len(table))
}
