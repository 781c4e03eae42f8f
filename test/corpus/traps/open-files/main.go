// A database keeps its files open, and uses them.
//
// corpus: over=3s
package main

import (
	"os"
	"time"

	"corpus/lib"
)

type segment struct {
	file *os.File
	size int64
}

type database struct {
	segments map[int]*segment
}

var db = database{segments: map[int]*segment{}}

func (d *database) open(number int) {
	file, err := os.CreateTemp("", "segment")
	if err != nil {
		panic(err)
	}
	os.Remove(file.Name())
	d.segments[number] = &segment{file: file}
}

func (d *database) write(number int, text string) {
	n, _ := d.segments[number].file.WriteString(text)
	d.segments[number].size += int64(n)
}

func main() {
	for i := 0; i < 12; i++ {
		db.open(i)
	}
	go func() {
		for i := 0; ; i++ {
			db.write(i%12, "row\n")
			time.Sleep(10 * time.Millisecond)
		}
	}()
	lib.Wait()
}
