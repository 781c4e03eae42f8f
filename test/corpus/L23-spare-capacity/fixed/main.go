// Room that is far too large is given back.
package main

import (
	"fmt"

	"corpus/lib"
)

type exporter struct {
	name string
	rows []byte
}

var exporters []*exporter

func (e *exporter) export(size int) int {
	if cap(e.rows) < size {
		e.rows = make([]byte, 0, size)
	}
	for i := 0; i < size; i++ {
		e.rows = append(e.rows, byte(i))
	}
	written := len(e.rows)
	if e.rows = e.rows[:0]; cap(e.rows) > 4096 {
		e.rows = nil
	}
	return written
}

func main() {
	lib.Profiled()
	for i := 0; i < 30; i++ {
		e := &exporter{name: fmt.Sprint("exporter ", i)}
		e.export(524288)
		e.export(100)
		exporters = append(exporters, e)
	}
	lib.Wait()
	println(len(exporters))
}
