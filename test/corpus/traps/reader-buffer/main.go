// Readers with buffers of which little is filled at the moment.
package main

import (
	"bufio"
	"strings"

	"corpus/lib"
)

var readers []*bufio.Reader

func main() {
	for i := 0; i < 100; i++ {
		r := bufio.NewReaderSize(strings.NewReader(strings.Repeat("line\n", 20)), 65536)
		r.ReadString('\n')
		readers = append(readers, r)
	}
	lib.Wait()
	println(len(readers))
}
