// Copied.
package main

import "corpus/lib"

type row struct {
	cells [][]byte
}

type table struct {
	rows []row
}

var tables = map[int]*table{}

func parse(number int) *table {
	raw := make([]byte, 524288)
	t := new(table)
	for r := 0; r < 4; r++ {
		var cells [][]byte
		for c := 0; c < 5; c++ {
			at := r*100000 + c*64
			cells = append(cells, append([]byte(nil), raw[at:at+12]...))
		}
		t.rows = append(t.rows, row{cells})
	}
	return t
}

func main() {
	for number := 0; number < 30; number++ {
		tables[number] = parse(number)
	}
	lib.Wait()
	println(len(tables))
}
