// Both ends of pipes are in use: the reader waits for what is written now and then.
package main

import (
	"bufio"
	"fmt"
	"io"

	"corpus/lib"
)

func copyLines(from io.Reader) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
	}
}

func main() {
	var writers []*io.PipeWriter
	for i := 0; i < 30; i++ {
		r, w := io.Pipe()
		go copyLines(r)
		writers = append(writers, w)
	}
	for _, w := range writers {
		fmt.Fprintln(w, "hello")
	}
	lib.Wait()
	for _, w := range writers {
		w.Close()
	}
}
