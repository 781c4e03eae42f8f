// After one large export each exporter keeps the room for it.
package main

import (
	"fmt"

	"corpus/lib"
)

type exporter struct {
	name string
	rows []byte // HOLDER L23
}

var exporters []*exporter

func (e *exporter) export(size int) int {
	if cap(e.rows) < size {
		e.rows = make([]byte, 0, size) // LEAK L23 count=30 bytes=30*524288 certainty=likely holder=main.exporters
	}
	for i := 0; i < size; i++ {
		e.rows = append(e.rows, byte(i))
	}
	written := len(e.rows)
	e.rows = e.rows[:0]
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
