// The fields of interest of a log are kept as parts of the buffer that was read into.
package main

import "corpus/lib"

var fields [][]byte // HOLDER L24

func read(number int) []byte {
	buffer := make([]byte, 0, 262144) // LEAK L24 count=40 bytes=40*262144 certainty=likely holder=main.fields
	for len(buffer) < 262000 {
		buffer = append(buffer, "GET /index.html 200 17 ms\n"...)
	}
	return buffer
}

func scan(buffer []byte) {
	for i := 0; i < 6; i++ {
		at := i * 26 * 1000
		fields = append(fields, buffer[at+4:at+15])
	}
}

func main() {
	lib.Profiled()
	for number := 0; number < 40; number++ {
		scan(read(number))
	}
	lib.Wait()
	println(len(fields))
}
