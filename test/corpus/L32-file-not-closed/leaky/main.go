// Reports keep the files that they were made from, open.
package main

import (
	"bufio"
	"os"

	"corpus/lib"
)

type report struct {
	file  *os.File
	lines int
}

var reports []*report // HOLDER L32

func count(path string) *report {
	file, err := os.Open(path) // LEAK L32 count=100 certainty=likely holder=main.reports
	if err != nil {
		panic(err)
	}
	r := &report{file: file}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		r.lines++
	}
	return r
}

func main() {
	for i := 0; i < 100; i++ {
		reports = append(reports, count("/proc/self/status"))
	}
	lib.Wait()
	println(len(reports))
}
