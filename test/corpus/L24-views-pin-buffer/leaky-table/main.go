// Rows of cells, all of them parts of what came over the network.
package main

import "corpus/lib"

type row struct {
	cells [][]byte // HOLDER L24
}

type table struct {
	rows []row
}

var tables = map[int]*table{}

func parse(number int) *table {
	raw := make([]byte, 524288) // LEAK L24 count=30 bytes=30*524288 certainty=likely holder=main.tables
	t := new(table)
	for r := 0; r < 4; r++ {
		var cells [][]byte
		for c := 0; c < 5; c++ {
			at := r*100000 + c*64
			cells = append(cells, raw[at:at+12])
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
